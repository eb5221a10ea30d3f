#include "settings.h"
#include <cstdio>

namespace rig {

void Settings::set(const std::string &name, const std::string &text) const {
  if (auto number = numbers.find(name); number != numbers.end()) {
    *number->second = std::stof(text);
    return;
  }
  if (auto vector = vectors.find(name); vector != vectors.end()) {
    Vec3 v;
    if (std::sscanf(text.c_str(), " [%f , %f , %f ]", &v.x, &v.y, &v.z) != 3)
      throw std::runtime_error("'" + name + "' needs three numbers in brackets, got: " + text);
    *vector->second = v;
    return;
  }
  if (auto word = words.find(name); word != words.end()) {
    *word->second = text;
    return;
  }
  throw std::runtime_error("no setting is called '" + name + "'");
}

} // namespace rig
