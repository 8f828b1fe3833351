#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Python's pickles (PEP 307, Lib/pickletools.py) read as data: nothing that a pickle names is called.
namespace anatomynet::model::pickle {

using Ref = std::uint32_t;  ///< an index into Pickle::values

enum class Kind : std::uint8_t {
  none,
  boolean,
  integer,
  real,
  text,
  tuple,
  list,
  dict,        ///< also collections.OrderedDict
  global,      ///< a class or function by name
  call,        ///< what a global is to make of its arguments
  persistent,  ///< an object that lies outside the pickle
};

struct Value {
  Kind kind = Kind::none;
  std::int64_t integer = 0;  ///< of booleans too; 0 where a number has more than 64 bits
  std::string_view text;     ///< text; global and call: "module name"; a long number's bytes
  /// Of tuples and lists; dict: key, value, key, value; call: of its arguments; persistent: the one that says
  /// which object it is. A list or dict may hold itself.
  std::vector<Ref> items;
};

struct Pickle {
  std::vector<Value> values;
  Ref root = 0;
  std::size_t bytes = 0;  ///< that it takes

  const Value& operator[](Ref i) const { return values[i]; }
};

/// Longest pickle, in bytes, and most values in one: that of AnatomyNet's weights has 0.1 MB and 20,000.
inline constexpr std::size_t longest_pickle = 16u << 20, most_values = 1'000'000;

/// Reads the pickle with which `bytes` begin, which must outlive it. Knows the instructions and the globals
/// that dictionaries of tensors need (protocols 0 to 5); throws Error(model) "what: ..." for every other
/// global, naming it, for other instructions, and for what is truncated, damaged or too large.
Pickle read_pickle(std::string_view bytes, const std::string& what);

}  // namespace anatomynet::model::pickle
