// Named numbers and vectors that a text sets: persona files (`name: value`) and poses (`name=value`).
#pragma once
#include "vec.h"
#include <map>
#include <stdexcept>
#include <string>

namespace rig {

/** A table of the fields that text may set. Unknown names are errors, so a typing slip cannot pass silently. */
struct Settings {
  std::map<std::string, float *> numbers;
  std::map<std::string, Vec3 *> vectors;
  std::map<std::string, std::string *> words;

  /** Sets one field from its text: a number, `[a, b, c]`, or a word. */
  void set(const std::string &name, const std::string &text) const;
};

} // namespace rig
