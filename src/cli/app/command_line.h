#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "cli/app/command.h"

// All that the commands see of CLI11. Its headers define the whole parser inline, some ten seconds of
// compiling a file; here they are compiled in command_line.cpp and application.cpp alone.

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace anatomynet::cli {

/// What an option's value must be. Values that it refuses end in Error(usage), with the option's name.
class Check {
 public:
  explicit Check(std::shared_ptr<const CLI::Validator> validator) : validator_(std::move(validator)) {}
  const CLI::Validator& validator() const { return *validator_; }

 private:
  std::shared_ptr<const CLI::Validator> validator_;
};

Check one_of(const std::vector<std::string>& words);
Check between(int least, int most);
Check between(double least, double most);
/// For unsigned options: CLI11 alone takes -1 and numbers that are too large, and makes others of them.
Check whole_number();

/// One option, flag or positional argument. What configures it returns it, so that calls can be chained.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(option) {}

  Option* type_name(const std::string& name);  ///< of the value in `--help`
  Option* group(const std::string& heading);   ///< in `--help`; an empty one hides the option
  Option* required();
  Option* check(const Check& check);
  Option* capture_default_str();  ///< `--help` shows the variable's present value
  Option* default_str(const std::string& text);
  Option* delimiter(char between_values);
  Option* allow_extra_args(bool several_values_at_once);
  Option* needs(Option* other);
  Option* needs(const std::string& other);
  Option* excludes(Option* other);
  Option* excludes(const std::string& other);

  // After parsing.
  std::string name() const;
  std::string all_names() const;  ///< "-o,--output"
  std::string help() const;
  bool is_hidden() const;
  std::string type_name() const;
  bool is_positional() const;
  bool is_given() const;
  std::vector<std::string> values() const;
  int number() const;  ///< the value of an option of int

 private:
  CLI::Option& option_;
};

/// The options of one command, as CLI11 declares and parses them: "-o,--output" an option with a short form,
/// "--json" one without, "INPUT" a positional argument. The variables must live as long as the command line.
class CommandLine {
 public:
  explicit CommandLine(CLI::App& app) : app_(app) {}

  Option* add_option(const std::string& names, std::string& value, const std::string& help);
  Option* add_option(const std::string& names, std::vector<std::string>& values, const std::string& help);
  Option* add_option(const std::string& names, int& value, const std::string& help);
  Option* add_option(const std::string& names, std::uint64_t& value, const std::string& help);
  Option* add_option(const std::string& names, double& value, const std::string& help);
  Option* add_option(const std::string& names, void (*use)(int), const std::string& help);
  Option* add_flag(const std::string& names, bool& value, const std::string& help);

  Option* get_option(const std::string& name);  ///< one that was declared
  std::vector<Option> options() const;          ///< all, in the order of their declaration

 private:
  friend Action refuse(CommandLine& app, const std::string& why);
  Option* keep(CLI::Option* option);

  CLI::App& app_;
  std::deque<Option> declared_;
};

/// Stands in for a command that this build lacks: takes any arguments and throws Error(usage), "NAME: why".
Action refuse(CommandLine& app, const std::string& why);

}  // namespace anatomynet::cli
