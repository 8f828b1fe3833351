#include "model/pickle.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include "core/error.h"
#include "core/text.h"

namespace anatomynet::model::pickle {
namespace {

constexpr std::string_view ordered_dict = "collections OrderedDict";

constexpr std::array known_globals{
    ordered_dict,
    std::string_view("torch._utils _rebuild_tensor"),
    std::string_view("torch._utils _rebuild_tensor_v2"),
    std::string_view("torch._utils _rebuild_parameter"),
    std::string_view("torch.nn.parameter Parameter"),
    std::string_view("torch FloatStorage"),
    std::string_view("torch DoubleStorage"),
    std::string_view("torch HalfStorage"),
    std::string_view("torch BFloat16Storage"),
    std::string_view("torch LongStorage"),
    std::string_view("torch IntStorage"),
    std::string_view("torch ShortStorage"),
    std::string_view("torch CharStorage"),
    std::string_view("torch ByteStorage"),
    std::string_view("torch BoolStorage"),
};

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& what)
      : bytes_(bytes.substr(0, longest_pickle)), cut_(bytes.size() > longest_pickle), what_(what) {}

  Pickle read() {
    while (step()) {
    }
    if (stack_.size() != 1 || !marks_.empty()) fail("ends with other than one value");
    result_.root = stack_.front();
    result_.bytes = at_;
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ErrorKind::model, what_ + ": its pickle " + why + " (at byte " + std::to_string(at_) + ")");
  }

  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size() - at_)
      fail(cut_ ? "is larger than " + std::to_string(longest_pickle) + " bytes" : "is truncated");
    const std::string_view part = bytes_.substr(at_, size);
    at_ += size;
    return part;
  }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    const std::string_view part = take(size);
    for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(part[i]);
    return value;
  }
  std::string_view line() {
    const std::size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) fail("is truncated");
    const std::string_view text = take(end - at_);
    take(1);
    return text;
  }

  // ---- values
  Ref make(Value value) {
    charge(1);
    result_.values.push_back(std::move(value));
    return static_cast<Ref>(result_.values.size() - 1);
  }
  void charge(std::size_t count) {
    used_ += count;
    if (used_ > most_values) fail("holds more than " + std::to_string(most_values) + " values");
  }
  void push(Value value) { stack_.push_back(make(std::move(value))); }
  void push_integer(std::int64_t value) { push({Kind::integer, value, {}, {}}); }
  void push_text(std::string_view text) { push({Kind::text, 0, text, {}}); }
  Ref pop() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("takes a value that is not there");
    const Ref top = stack_.back();
    stack_.pop_back();
    return top;
  }
  std::vector<Ref> pop_to_mark() {
    if (marks_.empty()) fail("has no mark where one is needed");
    const auto from = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<Ref> items(from, stack_.end());
    stack_.erase(from, stack_.end());
    marks_.pop_back();
    return items;
  }
  std::vector<Ref> pop_several(std::size_t count) {
    std::vector<Ref> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    return items;
  }
  Value& top(Kind kind) {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("takes a value that is not there");
    Value& value = result_.values[stack_.back()];
    if (value.kind != kind) fail("changes a value that cannot be changed so");
    return value;
  }

  // ---- instructions
  void extend(Kind kind, const std::vector<Ref>& items) {
    if (kind == Kind::dict && items.size() % 2 != 0) fail("has a key without a value");
    Value& value = top(kind);
    value.items.insert(value.items.end(), items.begin(), items.end());
  }

  void push_global(std::string_view module, std::string_view name) {
    const std::string both = std::string(module) + " " + std::string(name);
    const auto known = std::find(known_globals.begin(), known_globals.end(), both);
    if (known == known_globals.end())
      fail("asks for " + clean_text(std::string(module) + "." + std::string(name), longest_value) +
           ", which weights do not need; save the model's state_dict alone");
    push({Kind::global, 0, *known, {}});
  }

  void reduce() {
    const Ref arguments = pop(), global = pop();
    if (result_[arguments].kind != Kind::tuple || result_[global].kind != Kind::global)
      fail("calls what cannot be called");
    std::vector<Ref> items = result_[arguments].items;
    charge(items.size());
    const std::string_view name = result_[global].text;
    if (name == ordered_dict)
      push({Kind::dict, 0, {}, pairs_of(items)});
    else
      push({Kind::call, 0, name, std::move(items)});
  }

  // Python 2 hands an OrderedDict a list of (key, value).
  std::vector<Ref> pairs_of(const std::vector<Ref>& arguments) {
    std::vector<Ref> items;
    if (arguments.empty()) return items;
    const Value& list = result_[arguments.front()];
    if (arguments.size() != 1 || list.kind != Kind::list) fail("makes a dictionary of something else");
    charge(list.items.size());
    for (const Ref i : list.items) {
      const Value& pair = result_[i];
      if ((pair.kind != Kind::tuple && pair.kind != Kind::list) || pair.items.size() != 2)
        fail("makes a dictionary of something else");
      items.insert(items.end(), pair.items.begin(), pair.items.end());
    }
    return items;
  }

  void remember(std::uint64_t key) {
    if (stack_.empty()) fail("remembers a value that is not there");
    memo_[key] = stack_.back();
  }
  void recall(std::uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail("takes up a value that it never had");
    stack_.push_back(found->second);
  }

  std::uint64_t decimal() {
    std::uint64_t value = 0;
    const std::string_view text = line();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) fail("has a number that is none");
    return value;
  }

  // "I01\n" is True, "L12L\n" a long one.
  void text_integer(bool is_long) {
    std::string_view text = line();
    if (!is_long && (text == "00" || text == "01")) return push({Kind::boolean, text == "01", {}, {}});
    if (is_long && text.ends_with('L')) text.remove_suffix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) return push({Kind::integer, 0, text, {}});
    if (error != std::errc{} || end != text.data() + text.size()) fail("has a number that is none");
    push_integer(value);
  }

  // Two's complement, little-endian.
  void binary_long(std::uint64_t size) {
    const std::string_view part = take(size);
    if (size > 8) return push({Kind::integer, 0, part, {}});
    std::uint64_t value = size > 0 && (part.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = part.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(part[i]);
    push_integer(static_cast<std::int64_t>(value));
  }

  void plain_text(std::string_view text, bool quoted) {
    if (quoted) {
      if (text.size() < 2 || text.front() != text.back() || (text.front() != '\'' && text.front() != '"'))
        fail("has a text without quotes");
      text = text.substr(1, text.size() - 2);
    }
    if (text.find('\\') != std::string_view::npos) fail("has a text with escapes, which are not read");
    push_text(text);
  }

  bool step();
  bool step_container(char op);
  bool step_scalar(char op);

  std::string_view bytes_;
  bool cut_;
  const std::string& what_;
  Pickle result_;
  std::size_t at_ = 0, used_ = 0;
  std::vector<Ref> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack
  std::unordered_map<std::uint64_t, Ref> memo_;
};

// False for instructions that are none of these.
bool Reader::step_scalar(char op) {
  switch (op) {
    case 'N':
      push({});
      return true;
    case '\x88':
    case '\x89':
      push({Kind::boolean, op == '\x88', {}, {}});
      return true;
    case 'I':
    case 'L':
      text_integer(op == 'L');
      return true;
    case 'J':
      push_integer(static_cast<std::int32_t>(number(4)));
      return true;
    case 'K':
      push_integer(static_cast<std::int64_t>(number(1)));
      return true;
    case 'M':
      push_integer(static_cast<std::int64_t>(number(2)));
      return true;
    case '\x8a':
      binary_long(number(1));
      return true;
    case 'F':
      line();
      push({Kind::real, 0, {}, {}});
      return true;
    case 'G':
      take(8);
      push({Kind::real, 0, {}, {}});
      return true;
    case 'S':
    case 'V':
      plain_text(line(), op == 'S');
      return true;
    case 'T':
    case 'X':
      push_text(take(number(4)));
      return true;
    case 'U':
    case '\x8c':
      push_text(take(number(1)));
      return true;
    case '\x8d':
      push_text(take(number(8)));
      return true;
    default:
      return false;
  }
}

bool Reader::step_container(char op) {
  switch (op) {
    case ')':
      push({Kind::tuple, 0, {}, {}});
      return true;
    case 't':
      push({Kind::tuple, 0, {}, pop_to_mark()});
      return true;
    case '\x85':
    case '\x86':
    case '\x87':
      push({Kind::tuple, 0, {}, pop_several(static_cast<std::size_t>(op - '\x84'))});
      return true;
    case ']':
      push({Kind::list, 0, {}, {}});
      return true;
    case 'l':
      push({Kind::list, 0, {}, pop_to_mark()});
      return true;
    case 'a':
      extend(Kind::list, pop_several(1));
      return true;
    case 'e':
      extend(Kind::list, pop_to_mark());
      return true;
    case '}':
      push({Kind::dict, 0, {}, {}});
      return true;
    case 'd': {
      const std::vector<Ref> items = pop_to_mark();
      push({Kind::dict, 0, {}, {}});
      extend(Kind::dict, items);
      return true;
    }
    case 's':
      extend(Kind::dict, pop_several(2));
      return true;
    case 'u':
      extend(Kind::dict, pop_to_mark());
      return true;
    default:
      return false;
  }
}

// One instruction; false at the end.
bool Reader::step() {
  const char op = take(1).front();
  if (step_scalar(op) || step_container(op)) return true;
  switch (op) {
    case '.':
      return false;
    case '\x80':
      if (number(1) > 5) fail("is of a newer protocol than 5");
      break;
    case '\x95':  // the length of a frame
      take(8);
      break;
    case '(':
      marks_.push_back(stack_.size());
      break;
    case '0':
      pop();
      break;
    case '1':
      pop_to_mark();
      break;
    case '2':
      stack_.push_back(pop());
      stack_.push_back(stack_.back());
      break;
    case 'c': {
      const std::string_view module = line();
      push_global(module, line());
      break;
    }
    case '\x93': {
      const Ref name = pop(), module = pop();
      if (result_[name].kind != Kind::text || result_[module].kind != Kind::text) fail("names no global");
      push_global(result_[module].text, result_[name].text);
      break;
    }
    case 'R':
      reduce();
      break;
    case 'b':  // attributes, such as a state_dict's _metadata
      pop();
      break;
    case 'Q':
      push({Kind::persistent, 0, {}, {pop()}});
      break;
    case 'p':
      remember(decimal());
      break;
    case 'q':
      remember(number(1));
      break;
    case 'r':
      remember(number(4));
      break;
    case '\x94':
      remember(memo_.size());
      break;
    case 'g':
      recall(decimal());
      break;
    case 'h':
      recall(number(1));
      break;
    case 'j':
      recall(number(4));
      break;
    default:
      fail("uses instruction " + std::to_string(static_cast<unsigned char>(op)) +
           ", which weights do not need");
  }
  return true;
}

}  // namespace

Pickle read_pickle(std::string_view bytes, const std::string& what) { return Reader(bytes, what).read(); }

}  // namespace anatomynet::model::pickle
