#include "cli/app/documents.h"

#include "core/version.h"

namespace anatomynet::cli {
namespace {

struct Program {
  const char *name, *summary, *description;
  const char* other;  // to see also
};

constexpr Program contouring{.name = "anatomynet",
                             .summary = "contour organs at risk on head-and-neck CT",
                             .description =
                                 "Contours the organs at risk on a head-and-neck planning CT, and writes "
                                 "masks, DICOM RT Structure Sets and Segmentations, pictures and a report. "
                                 "Not a medical device: for research; every contour must be "
                                 "reviewed and corrected by a qualified person before any use.",
                             .other = "anatomynet-network"};

constexpr Program training{
    .name = "anatomynet-network",
    .summary = "train and adapt networks that contour organs at risk",
    .description =
        "Does all that anatomynet(1) does, and what needs libtorch. anatomynet starts it for the commands "
        "below and for --engine torch: nobody needs to call it. Not a medical device: for research; every "
        "contour must be reviewed and corrected by a qualified person before any use.",
    .other = "anatomynet"};

constexpr auto exit_status =
    "0 on success. Other values tell the kind of error, which is one line on standard error; errors.md among "
    "the program's documents lists them.";

// Text as roff shows it: no escapes, hyphens that can be copied, no line that starts as a request.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\n')
      out += ' ';
    else
      out += c;
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string paragraph_of(const Option& option) {
  std::string names = option.all_names();
  for (std::size_t at = 0; (at = names.find(',', at)) != std::string::npos; at += 2)
    names.insert(at + 1, 1, ' ');
  const std::string type = option.type_name();
  return std::string(".TP\n\\fB") + roff(names) + "\\fR" +
         (type.empty() ? "" : std::string(" \\fI") + roff(type) + "\\fR") + "\n" + roff(option.help()) + "\n";
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string page_of(const Program& program, const std::vector<DocumentedCommand>& commands) {
  const std::string release = std::string(version()).substr(0, std::string(version()).find(' '));
  std::string text = ".TH " + roff(upper(program.name)) + " 1 \"\" \"anatomynet " + release +
                     "\" \"User Commands\"\n.SH NAME\n" + roff(program.name) + " \\- " +
                     roff(program.summary) + "\n.SH SYNOPSIS\n.B " + roff(program.name) +
                     "\n\\fICOMMAND\\fR [\\fIOPTION\\fR ...] [\\fIARGUMENT\\fR ...]\n"
                     ".SH DESCRIPTION\n" +
                     roff(program.description) +
                     "\n.SH OPTIONS\n.TP\n\\fB\\-v, \\-\\-verbose\\fR\nSay more on standard error\n"
                     ".TP\n\\fB\\-q, \\-\\-quiet\\fR\nSay nothing but warnings and errors, show no progress\n"
                     ".TP\n\\fB\\-h, \\-\\-help\\fR\nShow help, of a command where it follows one\n"
                     ".TP\n\\fB\\-\\-version\\fR\nShow the version\n.SH COMMANDS\n";
  for (const DocumentedCommand& command : commands) {
    text += std::string(".SS ") + roff(command.name) + "\n" + roff(command.summary) + ".\n";
    for (const Option& option : command.options)
      if (!option.is_hidden() && option.name() != "--help") text += paragraph_of(option);
  }
  return text + ".SH EXIT STATUS\n" + roff(exit_status) + "\n.SH SEE ALSO\n.BR " + roff(program.other) +
         " (1)\n";
}

}  // namespace

std::string man_page_of(const std::vector<DocumentedCommand>& commands) {
  return page_of(contouring, commands);
}

std::string network_man_page_of(const std::vector<DocumentedCommand>& commands) {
  return page_of(training, commands);
}

std::string bash_completion_of(const std::vector<DocumentedCommand>& commands) {
  std::string names, cases;
  for (const DocumentedCommand& command : commands) {
    names += command.name + " ";
    cases += std::string("    ") + command.name + ") words='";
    std::string words;
    for (const Option& option : command.options)
      if (!option.is_hidden() && !option.is_positional()) words += option.name() + " ";
    cases += words + "' ;;\n";
  }
  std::string text =
      "# bash completion for anatomynet\n"
      "_anatomynet() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} command='' words='' i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    [[ ${COMP_WORDS[i]} == -* ]] || { command=${COMP_WORDS[i]}; break; }\n"
      "  done\n"
      "  COMPREPLY=()\n"
      "  case $command in\n"
      "    '') words='";
  text += names;
  text += "--help --version --verbose --quiet' ;;\n";
  text += cases;
  text +=
      "  esac\n"
      "  [[ -n $command && $word != -* ]] || mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      "}\n"
      "complete -o default -F _anatomynet anatomynet\n";
  return text;
}

}  // namespace anatomynet::cli
