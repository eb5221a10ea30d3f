// rig PERSONA < jobs: draws a persona. One job a line, `verb key=value ...`:
//   image out=FILE [depth=FILE] [x= y= width= height= samples=] [layer=all|lids|eyeballs] [brows=0] [weight=...]
//   knots [x= y= width= height=] part=mouth|leftEye|rightEye|leftBrow|rightBrow [weight=...]   prints landmarks
//   point at=X,Y,Z                                                          prints where a point of the head lands
// Weights are those of pose.h. Every finished job prints one line, so that a caller can follow.
#include "hair.h"
#include "knots.h"
#include "picture.h"
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>

using namespace rig;

struct Job {
  std::string verb, out, depth, part, layer = "all";
  Window window;
  Pose pose;
  Vec3 at;
  bool brows = true;
};

static Job readJob(const std::string &line) {
  std::istringstream words(line);
  Job job;
  words >> job.verb;
  std::string word;
  while (words >> word) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) throw std::runtime_error("no '=' in: " + word);
    const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
    if (name == "out") job.out = value;
    else if (name == "depth") job.depth = value;
    else if (name == "part") job.part = value;
    else if (name == "layer") job.layer = value;
    else if (name == "at") std::sscanf(value.c_str(), "%f,%f,%f", &job.at.x, &job.at.y, &job.at.z);
    else if (name == "brows") job.brows = value != "0";
    else if (name == "x") job.window.x = std::stoi(value);
    else if (name == "y") job.window.y = std::stoi(value);
    else if (name == "width") job.window.width = std::stoi(value);
    else if (name == "height") job.window.height = std::stoi(value);
    else if (name == "samples") job.window.samples = std::stoi(value);
    else job.pose.set(name, std::stof(value));
  }
  return job;
}

/** Hair of the head for one head pose: grown and lit once, then shared by every picture. */
struct Hairdo {
  float yaw, pitch, roll;
  HairVolume volume;
  std::vector<Strand> strands;

  explicit Hairdo(const Figure &f) : yaw(f.pose.yaw), pitch(f.pose.pitch), roll(f.pose.roll), strands(headHair(f)) {
    placeStrands(f, strands);
    for (const Strand &strand : strands) volume.add(strand, .02f * f.persona.hairDensity);
    lightStrands(f, volume, strands, true);
  }
  bool fits(const Pose &p) const { return p.yaw == yaw && p.pitch == pitch && p.roll == roll; }
};

static void drawFaceHair(const Figure &f, const Hairdo &hairdo, Picture &picture, const Job &job) {
  std::vector<Strand> strands = beard(f);
  if (job.brows)
    for (const auto &more : {brows(f), lashes(f)}) strands.insert(strands.end(), more.begin(), more.end());
  placeStrands(f, strands);
  lightStrands(f, hairdo.volume, strands, false);
  strands.insert(strands.end(), hairdo.strands.begin(), hairdo.strands.end());
  picture.draw(strands);
}

static void drawImage(const Job &job, const Figure &f, const Hairdo &hairdo) {
  const Layer layer = job.layer == "lids" ? Layer::lids : job.layer == "eyeballs" ? Layer::eyeballs : Layer::all;
  const Stage stage{f, hairdo.volume, Camera(f.persona), layer};
  Picture picture(stage, job.window);
  picture.march();
  picture.scatter();
  if (layer != Layer::eyeballs) drawFaceHair(f, hairdo, picture, job);
  picture.writePam(job.out);
  if (!job.depth.empty()) picture.writeDepth(job.depth);
  std::printf("done %s\n", job.out.c_str());
}

static void printKnots(const Job &job, const Figure &f) {
  const Camera camera(f.persona);
  const int side = job.part.rfind("left", 0) == 0 ? -1 : 1;
  std::vector<float> knots;
  if (job.verb == "point") knots = facePoint(f, camera, job.at);
  else if (job.part == "mouth") knots = mouthKnots(f, camera, job.window);
  else if (job.part == "leftEye" || job.part == "rightEye") knots = eyeKnots(f, camera, job.window, side);
  else if (job.part == "leftBrow" || job.part == "rightBrow") knots = browLine(f, camera, side);
  else throw std::runtime_error("no part is called '" + job.part + "'");
  for (float k : knots) std::printf("%.3f ", k);
  std::printf("\n");
}

int main(int count, char **arguments) try {
  if (count != 2) throw std::runtime_error("usage: rig PERSONA < jobs");
  const Persona persona = readPersona(arguments[1]);
  std::unique_ptr<Hairdo> hairdo;
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.empty()) continue;
    const Job job = readJob(line);
    const Figure figure(persona, job.pose);
    if (job.verb == "knots" || job.verb == "point") printKnots(job, figure);
    else if (job.verb == "image") {
      if (!hairdo || !hairdo->fits(job.pose)) hairdo = std::make_unique<Hairdo>(figure);
      drawImage(job, figure, *hairdo);
    } else throw std::runtime_error("no job is called '" + job.verb + "'");
    std::fflush(stdout);
  }
  return 0;
} catch (const std::exception &error) {
  std::fprintf(stderr, "rig: %s\n", error.what());
  return 1;
}
