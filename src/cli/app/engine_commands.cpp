#include "cli/app/command.h"

namespace anatomynet::cli {

// One a file of the same name.
Action declare_bench(CommandLine& app);
Action declare_check_engine(CommandLine& app);
Action declare_commission(CommandLine& app);
Action declare_info(CommandLine& app);
Action declare_import(CommandLine& app);
Action declare_quantise(CommandLine& app);
Action declare_segment(CommandLine& app);

namespace {

constexpr Command table[] = {
    {"segment", "Contour the organs at risk on a head-and-neck CT", "Contouring", declare_segment},
    {"info", "Say what a CT, structure set, image, weights file or result is", "Contouring", declare_info},
    {"commission", "Test the contours on a clinic's own cases: may they be used here?", "Measuring",
     declare_commission},
    {"check-engine", "Compare two engines on a CT: logits, labels, organs", "Engines", declare_check_engine},
    {"bench", "Time the engines on this machine, against its measured peak", "Engines", declare_bench},
    {"import", "Make a weights file of a PyTorch checkpoint, such as the authors' published ones", "Engines",
     declare_import},
    {"quantise", "Calibrate a weights file for int8 on a few CTs", "Engines", declare_quantise},
};

}  // namespace

std::span<const Command> engine_commands() { return table; }

}  // namespace anatomynet::cli
