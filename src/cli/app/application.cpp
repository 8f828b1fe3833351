#include "cli/app/application.h"

#include <algorithm>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>

#include "cli/app/command.h"
#include "cli/app/log.h"
#include "core/cpus.h"
#include "core/error.h"
#include "core/version.h"

namespace anatomynet::cli {
namespace {

constexpr auto footer = "Results go to stdout, messages to stderr. Exit codes: docs/errors.md.";

constexpr std::size_t help_width = 120, description_column = 30;

// Help whose descriptions are broken into lines of at most `help_width`.
class WrappedHelp : public CLI::Formatter {
 public:
  WrappedHelp() { column_width(description_column); }

  std::string make_option_desc(const CLI::Option* option) const override {
    std::istringstream words(option->get_description());
    std::string out;
    std::size_t column = 0;
    for (std::string word; words >> word; column += word.size()) {
      if (column > 0) {
        const bool fits = column + 1 + word.size() <= help_width - description_column;
        out += fits ? ' ' : '\n';
        column = fits ? column + 1 : 0;
      }
      out += word;
    }
    return out;
  }
};

// An empty path, such as of a shell variable that was never set, is a mistake wherever it is given.
void refuse_empty_paths(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    if (!type.starts_with("DIR") && !type.starts_with("FILE") && !type.starts_with("PATH")) continue;
    for (const std::string& value : option->results())
      if (value.empty())
        throw Error(ErrorKind::usage, option->get_name() + ": the path is empty; see " +
                                          app.get_parent()->get_name() + " " + app.get_name() + " --help");
  }
}

}  // namespace

Application::Application()
    : app_(std::make_unique<CLI::App>("Organs at risk on head-and-neck CT", "anatomynet")) {
  app_->require_subcommand(0, 1);
  app_->formatter(std::make_shared<WrappedHelp>());
  app_->footer(footer);
  app_->set_help_flag("-h,--help", "Show this help and exit");
  app_->set_version_flag("--version", std::string("anatomynet ") + version(), "Show the version and exit");
  app_->add_flag("-v,--verbose", verbose_, "Say more on stderr")->group("Messages");
  app_->add_flag("-q,--quiet", quiet_, "Say nothing but warnings and errors, show no progress")
      ->group("Messages");
  app_->add_flag("--reference", reference_only_, "Print docs/commands.md")->group("");
  app_->add_flag("--man", man_only_, "Print the manual page")->group("");
  app_->add_flag("--man-network", network_man_only_, "Print anatomynet-network's manual page")->group("");
  app_->add_flag("--bash-completion", completion_only_, "Print the completion for bash")->group("");
  for (const Command& command : commands()) {
    CLI::App* sub = app_->add_subcommand(std::string(command.name), std::string(command.summary));
    sub->group(std::string(command.group));
    sub->fallthrough();
    auto options = std::make_unique<CommandLine>(*sub);
    Action action = command.declare(*options);
    declared_.push_back({sub, std::move(options), std::move(action)});
  }
}

Application::~Application() = default;

void Application::run(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app_->get_subcommands();
    std::cout << (chosen.empty() ? app_->help() : chosen.front()->help(app_->get_name()));
    return;
  } catch (const CLI::CallForVersion& version_text) {
    std::cout << version_text.what() << '\n';
    return;
  } catch (const CLI::ParseError& error) {
    const auto chosen = app_->get_subcommands();
    const std::string name =
        chosen.empty() ? app_->get_name() : app_->get_name() + " " + chosen.front()->get_name();
    throw Error(ErrorKind::usage, std::string(error.what()) + "; see " + name + " --help");
  }
  if (reference_only_ || man_only_ || network_man_only_ || completion_only_) {
    std::cout << (reference_only_     ? reference()
                  : man_only_         ? man_page()
                  : network_man_only_ ? network_man_page()
                                      : bash_completion());
    return;
  }
  set_verbosity(int{verbose_} - int{quiet_});
  for (const Declared& command : declared_)
    if (command.app->parsed()) {
      refuse_empty_paths(*command.app);
      start_openmp_threads();  // while a lack of room for them can still be told
      return command.action();
    }
  throw Error(ErrorKind::usage, "no command given; see anatomynet --help");
}

std::string Application::reference() const {
  std::string text =
      "# Commands\n\nWritten by `make docs` from the command table (src/cli/app/commands.cpp); a test checks "
      "that it is current.\n\n```\n" +
      app_->help() + "```\n";
  for (const Declared& command : declared_)
    text += "\n## " + command.app->get_name() + "\n\n```\n" + command.app->help(app_->get_name()) + "```\n";
  return text;
}

std::vector<DocumentedCommand> Application::documented() const {
  std::vector<DocumentedCommand> all;
  for (const Declared& command : declared_)
    all.push_back({command.app->get_name(), command.app->get_description(), command.options->options()});
  return all;
}

std::string Application::man_page() const { return man_page_of(documented()); }
std::string Application::network_man_page() const {
  std::vector<DocumentedCommand> training = documented();
  std::erase_if(training, [](const DocumentedCommand& command) {
    return std::ranges::none_of(network_commands(), [&](const Command& c) { return c.name == command.name; });
  });
  return network_man_page_of(training);
}
std::string Application::bash_completion() const { return bash_completion_of(documented()); }

}  // namespace anatomynet::cli
