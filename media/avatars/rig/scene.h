// The whole figure as one distance field, and what light needs to know of it.
#pragma once
#include "figure.h"
#include "head.h"

namespace rig {

float sceneDistance(const Figure &f, Vec3 p, Part *part = nullptr);
Vec3 sceneNormal(const Figure &f, Vec3 p, float epsilon);

/** 0 in full shadow .. 1 lit, softened by how narrowly the ray towards the light passes the figure. */
float softShadow(const Figure &f, Vec3 p, Vec3 light, float sharpness, int steps = 20);

/** 0 in a closed crease .. 1 in the open. */
float ambientOcclusion(const Figure &f, Vec3 p, Vec3 normal);

} // namespace rig
