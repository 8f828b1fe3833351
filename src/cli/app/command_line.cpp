#include "cli/app/command_line.h"

#include <charconv>

#include <CLI/CLI.hpp>

#include "core/error.h"

namespace anatomynet::cli {
namespace {

template <class Validator>
Check check_of(Validator validator) {
  return Check(std::make_shared<const CLI::Validator>(std::move(validator)));
}

}  // namespace

Check one_of(const std::vector<std::string>& words) { return check_of(CLI::IsMember(words)); }
Check between(int least, int most) { return check_of(CLI::Range(least, most)); }
Check between(double least, double most) { return check_of(CLI::Range(least, most)); }

Check whole_number() {
  return check_of(CLI::Validator(
      [](const std::string& text) -> std::string {
        std::uint64_t value = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (error == std::errc{} && stop == end) return {};
        return "'" + text + "' is not a whole number from 0 to 2^64 - 1";
      },
      ""));
}

Option* Option::type_name(const std::string& name) { return option_.type_name(name), this; }
Option* Option::group(const std::string& heading) { return option_.group(heading), this; }
Option* Option::required() { return option_.required(), this; }
Option* Option::check(const Check& check) { return option_.check(check.validator()), this; }
Option* Option::capture_default_str() { return option_.capture_default_str(), this; }
Option* Option::default_str(const std::string& text) { return option_.default_str(text), this; }
Option* Option::delimiter(char between_values) { return option_.delimiter(between_values), this; }
Option* Option::allow_extra_args(bool several) { return option_.allow_extra_args(several), this; }
Option* Option::needs(Option* other) { return option_.needs(&other->option_), this; }
Option* Option::needs(const std::string& other) { return option_.needs(other), this; }
Option* Option::excludes(Option* other) { return option_.excludes(&other->option_), this; }
Option* Option::excludes(const std::string& other) { return option_.excludes(other), this; }

std::string Option::name() const { return option_.get_name(); }
std::string Option::all_names() const { return option_.get_name(option_.get_positional(), true); }
std::string Option::help() const { return option_.get_description(); }
bool Option::is_hidden() const { return option_.get_group().empty(); }
std::string Option::type_name() const { return option_.get_type_name(); }
bool Option::is_positional() const { return option_.get_positional(); }
bool Option::is_given() const { return option_.count() > 0; }
std::vector<std::string> Option::values() const { return option_.results(); }
int Option::number() const { return option_.as<int>(); }

Option* CommandLine::keep(CLI::Option* option) { return &declared_.emplace_back(*option); }

Option* CommandLine::add_option(const std::string& names, std::string& value, const std::string& help) {
  return keep(app_.add_option(names, value, help));
}
Option* CommandLine::add_option(const std::string& names, std::vector<std::string>& values,
                                const std::string& help) {
  return keep(app_.add_option(names, values, help));
}
Option* CommandLine::add_option(const std::string& names, int& value, const std::string& help) {
  return keep(app_.add_option(names, value, help));
}
Option* CommandLine::add_option(const std::string& names, std::uint64_t& value, const std::string& help) {
  return keep(app_.add_option(names, value, help));
}
Option* CommandLine::add_option(const std::string& names, double& value, const std::string& help) {
  return keep(app_.add_option(names, value, help));
}
Option* CommandLine::add_option(const std::string& names, void (*use)(int), const std::string& help) {
  return keep(app_.add_option_function<int>(names, use, help));
}
Option* CommandLine::add_flag(const std::string& names, bool& value, const std::string& help) {
  return keep(app_.add_flag(names, value, help));
}

Option* CommandLine::get_option(const std::string& name) { return keep(app_.get_option(name)); }

std::vector<Option> CommandLine::options() const {
  std::vector<Option> all;
  for (CLI::Option* option : app_.get_options()) all.emplace_back(*option);
  return all;
}

Action refuse(CommandLine& app, const std::string& why) {
  app.app_.allow_extras()->fallthrough(false);
  return [name = app.app_.get_name(), why] { throw Error(ErrorKind::usage, name + ": " + why); };
}

}  // namespace anatomynet::cli
