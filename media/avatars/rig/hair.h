// Growing hair: each function returns strands in head space, the same ones for the same persona every time.
#pragma once
#include "strand.h"

namespace rig {

/** Hair of the head in the persona's style. */
std::vector<Strand> headHair(const Figure &f);
std::vector<Strand> longHair(const Figure &f);
std::vector<Strand> shortHair(const Figure &f);
std::vector<Strand> coilyHair(const Figure &f);

std::vector<Strand> brows(const Figure &f);
std::vector<Strand> lashes(const Figure &f);
/** Roots are found on the face at rest and carried along by the jaw, so hairs do not swim over the skin. */
std::vector<Strand> beard(const Figure &f);

} // namespace rig
