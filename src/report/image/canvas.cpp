#include "report/image/canvas.h"

#include <cmath>

#include "report/image/font.h"
#include "report/image/png.h"

namespace anatomynet::report {

Canvas::Canvas(int width, int height, Colour background)
    : width_(width),
      height_(height),
      pixels_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3) {
  fill(0, 0, width, height, background);
}

Colour Canvas::at(int x, int y) const {
  const std::uint8_t* pixel = pixels_.data() + (static_cast<std::size_t>(y) * width_ + x) * 3;
  return {pixel[0], pixel[1], pixel[2]};
}

void Canvas::blend(int x, int y, Colour colour, double share) {
  if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
  std::uint8_t* pixel = pixels_.data() + (static_cast<std::size_t>(y) * width_ + x) * 3;
  for (int c = 0; c < 3; ++c)
    pixel[c] = static_cast<std::uint8_t>(std::lround(pixel[c] + (colour[c] - pixel[c]) * share));
}

void Canvas::fill(int x, int y, int width, int height, Colour colour) {
  for (int j = y; j < y + height; ++j)
    for (int i = x; i < x + width; ++i) blend(i, j, colour);
}

void Canvas::text(int x, int y, const std::string& text, Colour colour, int scale) {
  for (const char letter : text) {
    for (int row = 0; row < glyph_height; ++row)
      for (int column = 0; column < glyph_width; ++column)
        if (glyph_dot(letter, column, row)) fill(x + column * scale, y + row * scale, scale, scale, colour);
    x += (glyph_width + 1) * scale;
  }
}

void Canvas::outlined_text(int x, int y, const std::string& words, Colour colour, int scale) {
  for (const auto& [dx, dy] : {std::pair{-1, 0}, {1, 0}, {0, -1}, {0, 1}})
    text(x + dx, y + dy, words, {0, 0, 0}, scale);
  text(x, y, words, colour, scale);
}

int Canvas::text_width(const std::string& text, int scale) {
  return text.empty() ? 0 : (static_cast<int>(text.size()) * (glyph_width + 1) - 1) * scale;
}

std::string Canvas::png() const { return encode_png(width_, height_, pixels_); }

}  // namespace anatomynet::report
