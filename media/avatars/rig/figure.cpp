#include "figure.h"
#include "eyes.h"
#include "mouth.h"
#include <stdexcept>

namespace rig {

static Garment garmentNamed(const std::string &name) {
  if (name == "blazer") return Garment::blazer;
  if (name == "sweater") return Garment::sweater;
  if (name == "scoop") return Garment::scoop;
  if (name == "shirt") return Garment::shirt;
  throw std::runtime_error("no garment is called '" + name + "'");
}

Figure::Figure(const Persona &who, const Pose &how)
    : persona(who), pose(how), mouth(mouthGeometry(how, who)), garment(garmentNamed(who.garment)) {
  const float yaw = who.restYaw + how.yaw, pitch = who.restPitch + how.pitch, roll = who.restRoll + how.roll;
  const float cy = std::cos(yaw), sy = std::sin(yaw), cp = std::cos(pitch), sp = std::sin(pitch);
  const float cr = std::cos(roll), sr = std::sin(roll);
  const Vec3 right{cy, 0, -sy}, up{sp * sy, cp, sp * cy};
  axisX = right * cr + up * sr;
  axisY = up * cr - right * sr;
  axisZ = {cp * sy, -sp, cp * cy};
  tabulateLips(*this);
  tabulateLids(*this);
}

} // namespace rig
