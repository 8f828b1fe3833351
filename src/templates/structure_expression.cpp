#include "templates/structure_expression.h"

#include <charconv>
#include <optional>

#include "core/error.h"
#include "core/text.h"

namespace anatomynet::templates {
namespace {

constexpr int deepest = 32;
constexpr std::size_t longest = 4096;  // bytes
constexpr const char* body = "Body";

bool is_name_start(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Token {
  enum class Kind { end, name, quoted, number, sign };
  Kind kind = Kind::end;
  std::string_view text;  // of a quoted name what is between the quotes
  std::size_t at = 0;     // byte

  bool is(std::string_view sign) const { return kind == Kind::sign && text == sign; }
  bool is_word(std::string_view word) const { return kind == Kind::name && text == word; }
};

class Parser {
 public:
  Parser(std::string_view text, const ExpressionPlace& place) : text_(text), place_(place) {
    if (text.size() > longest)
      fail(0, "the expression has " + std::to_string(text.size()) + " bytes; expected at most " +
                  std::to_string(longest));
    next();
  }

  Expression whole() {
    Expression all = expression();
    if (token_.kind != Token::Kind::end) expected("an operator (|, &, - or + with a margin) or the end");
    return all;
  }

 private:
  using Kind = Expression::Kind;

  std::size_t characters_before(std::size_t byte) const {
    std::size_t n = 0;
    for (const char c : text_.substr(0, byte)) n += (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
    return n;
  }

  [[noreturn]] void fail(std::size_t byte, const std::string& why) const {
    throw Error(ErrorKind::usage, place_.at(characters_before(byte)) + ": " + why);
  }

  std::string found() const {
    switch (token_.kind) {
      case Token::Kind::end:
        return "the end";
      case Token::Kind::quoted:
        return "'" + clean_text(token_.text, longest_value) + "'";
      default:
        return clean_text(token_.text, longest_value);
    }
  }

  [[noreturn]] void expected(const std::string& what) const {
    fail(token_.at, "expected " + what + ", found " + found());
  }

  Token read(std::size_t at) const {
    while (at < text_.size() &&
           (text_[at] == ' ' || text_[at] == '\t' || text_[at] == '\n' || text_[at] == '\r'))
      ++at;
    if (at == text_.size()) return {Token::Kind::end, {}, at};
    const char c = text_[at];
    const auto run = [&](auto belongs) {
      std::size_t end = at + 1;
      while (end < text_.size() && belongs(text_[end])) ++end;
      return text_.substr(at, end - at);
    };
    if (is_name_start(c))
      return {Token::Kind::name, run([](char d) { return is_name_start(d) || is_digit(d); }), at};
    if (is_digit(c)) return {Token::Kind::number, run([](char d) { return is_digit(d) || d == '.'; }), at};
    if (c == '\'') {
      const std::size_t end = text_.find('\'', at + 1);
      if (end == std::string_view::npos)
        fail(at, "a name in quotes begins here; expected another ' at its end");
      if (end == at + 1) fail(at, "expected a name between the quotes, found none");
      return {Token::Kind::quoted, text_.substr(at + 1, end - at - 1), at};
    }
    return {Token::Kind::sign, text_.substr(at, 1), at};
  }

  std::size_t end_of(const Token& token) const {
    return token.at + token.text.size() + (token.kind == Token::Kind::quoted ? 2 : 0);
  }

  void next() {
    token_ = read(end_);
    end_ = end_of(token_);
  }
  Token peek() const { return read(end_); }

  void take(std::string_view sign, const std::string& where) {
    if (!token_.is(sign)) expected("'" + std::string(sign) + "' " + where);
    next();
  }

  // Whether what follows a + or - is a margin.
  static bool begins_margin(const Token& token) { return token.kind == Token::Kind::number || token.is("["); }

  std::optional<Kind> kind_here() const {
    if (token_.is("|")) return Kind::unite;
    if (token_.is("&")) return Kind::intersect;
    if (token_.is("+")) return Kind::grow;
    if (token_.is("-")) return begins_margin(peek()) ? Kind::grow : Kind::subtract;
    return {};
  }

  Expression expression() {
    Expression left = operand("a structure");
    const std::optional<Kind> kind = kind_here();
    if (!kind) return left;
    if (*kind != Kind::grow) {
      Expression all{*kind, left.character};
      all.parts.push_back(std::move(left));
      left = std::move(all);
    }
    const int before = depth_;
    for (std::optional<Kind> here = kind; here; here = kind_here()) {
      if (*here != *kind)
        fail(token_.at, "'" + std::string(token_.text) +
                            "' stands beside another kind of operator, which could be read in two ways; "
                            "expected parentheses, such as (A | B) - C");
      const std::string sign(token_.text);
      if (*kind == Kind::grow) deeper();  // each margin is one more level of the tree
      next();
      if (*kind == Kind::grow)
        left = with_margin(std::move(left), sign);
      else
        left.parts.push_back(operand("a structure after '" + sign + "'"));
    }
    depth_ = before;
    return left;
  }

  Expression with_margin(Expression of, const std::string& sign) {
    Expression out{sign == "+" ? Kind::grow : Kind::shrink, of.character};
    if (!begins_margin(token_))
      expected("a margin such as 3 mm after '" + sign + "' ('|' unites structures)");
    out.margin = token_.is("[") ? six_sides() : geometry::Margin::all_around(distance());
    out.parts.push_back(std::move(of));
    return out;
  }

  double number() {
    double value = 0;
    const std::string_view text = token_.text;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (token_.kind != Token::Kind::number || error != std::errc{} || end != text.data() + text.size())
      expected("a number of mm");
    if (!(value > 0)) fail(token_.at, "a margin of 0; expected more than 0 mm");
    if (!(value <= largest_margin_mm))
      fail(token_.at,
           "a margin of " + std::string(text.substr(0, 40)) + " mm is too large; expected at most 100 mm");
    next();
    return value;
  }

  void unit() {
    if (!token_.is_word("mm")) expected("mm after the number");
    next();
  }

  double distance() {
    const double value = number();
    unit();
    return value;
  }

  geometry::Margin six_sides() {
    using geometry::Margin;
    static constexpr std::pair<std::string_view, double Margin::*> sides[] = {
        {"left", &Margin::left},           {"right", &Margin::right},       {"anterior", &Margin::anterior},
        {"posterior", &Margin::posterior}, {"superior", &Margin::superior}, {"inferior", &Margin::inferior}};
    Margin margin;
    do {
      next();  // past [ or ,
      double Margin::*side = nullptr;
      for (const auto& [name, member] : sides)
        if (token_.is_word(name)) side = member;
      if (!side) expected("a side (left, right, anterior, posterior, superior or inferior)");
      if (margin.*side > 0)
        fail(token_.at, "'" + std::string(token_.text) + "' is given twice; expected each side once");
      next();
      margin.*side = number();
    } while (token_.is(","));
    take("]", "or ',' after the number");
    unit();
    return margin;
  }

  Expression operand(const std::string& what) {
    if (token_.is("(")) {
      const std::size_t open = token_.at;
      deeper();
      next();
      Expression inside = expression();
      if (!token_.is(")"))
        expected("an operator or ')' for the '(' at character " +
                 std::to_string(characters_before(open) + 1));
      --depth_;
      next();
      return inside;
    }
    const bool called = token_.kind == Token::Kind::name && peek().is("(");
    if (called && (token_.text == "ring" || token_.text == "crop")) return function();
    if (called)
      fail(token_.at,
           "'" + clean_text(token_.text, longest_value) + "' is no function; expected ring or crop");
    if (token_.kind != Token::Kind::name && token_.kind != Token::Kind::quoted)
      expected(what + ": a name, '(', ring(...) or crop(...)");
    Expression out{Kind::structure, characters_before(token_.at), std::string(token_.text)};
    next();
    return out;
  }

  // ring(A, outer) or ring(A, inner, outer); crop(A) or crop(A, from the skin).
  Expression function() {
    const bool ring = token_.text == "ring";
    const std::size_t at = characters_before(token_.at);
    deeper();
    next();
    next();
    Expression of = expression();
    Expression all = ring ? ring_of(std::move(of), at) : cropped(std::move(of), at);
    take(")",
         ring ? "after the ring's distances" : "after the structure and, if any, the distance from the skin");
    --depth_;
    return all;
  }

  Expression ring_of(Expression of, std::size_t at) {
    Expression out{Kind::ring, at};
    out.parts.push_back(std::move(of));
    if (!token_.is(",")) expected("',' and the ring's width, such as ring(A, 5 mm) or ring(A, 2 mm, 5 mm)");
    next();
    out.outer = distance();
    if (!token_.is(",")) return out;
    next();
    out.inner = out.outer;
    const std::size_t second = token_.at;
    out.outer = distance();
    if (out.outer <= out.inner)
      fail(second, "a ring ends where it begins or before; expected more than its first distance");
    return out;
  }

  Expression cropped(Expression of, std::size_t at) {
    Expression skin{Kind::structure, at, body};
    if (token_.is(",")) {
      next();
      Expression shrunk{Kind::shrink, at};
      shrunk.margin = geometry::Margin::all_around(distance());
      shrunk.parts.push_back(std::move(skin));
      skin = std::move(shrunk);
    }
    Expression out{Kind::intersect, at};
    out.parts.push_back(std::move(of));
    out.parts.push_back(std::move(skin));
    return out;
  }

  // The tree is walked by recursion.
  void deeper() {
    if (++depth_ > deepest)
      fail(token_.at, "parentheses and margins nest more than " + std::to_string(deepest) +
                          " levels deep; expected fewer");
  }

  std::string_view text_;
  const ExpressionPlace& place_;
  Token token_;
  std::size_t end_ = 0;  // byte after the token
  int depth_ = 0;
};

}  // namespace

std::string ExpressionPlace::at(std::size_t character) const {
  const std::string where = file + ":" + std::to_string(line);
  if (column > 0) return where + ":" + std::to_string(std::size_t(column) + character) + ": " + what;
  return where + ": " + what + ": character " + std::to_string(character + 1);
}

Expression parse_expression(std::string_view text, const ExpressionPlace& place) {
  return Parser(text, place).whole();
}

}  // namespace anatomynet::templates
