#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace anatomynet::report {

using Colour = std::array<std::uint8_t, 3>;

/// An RGB picture, row by row from the top.
class Canvas {
 public:
  Canvas(int width, int height, Colour background);
  int width() const { return width_; }
  int height() const { return height_; }

  Colour at(int x, int y) const;  ///< of a pixel inside the picture
  /// Mixes `colour` into a pixel; outside the picture nothing happens.
  void blend(int x, int y, Colour colour, double share = 1);
  void fill(int x, int y, int width, int height, Colour colour);
  /// Text in letters of 5 x 7 dots, each dot `scale` pixels wide; characters other than ASCII show as boxes.
  void text(int x, int y, const std::string& text, Colour colour, int scale = 2);
  /// The same on a dark edge, for text over images.
  void outlined_text(int x, int y, const std::string& text, Colour colour, int scale = 2);
  static int text_width(const std::string& text, int scale = 2);

  /// The picture as the bytes of a PNG file.
  std::string png() const;

 private:
  int width_, height_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace anatomynet::report
