#include "cli/command.h"

namespace anatomynet::cli {

// One a file of the same name.
Action declare_convert(CLI::App& app);
Action declare_curate(CLI::App& app);
Action declare_evaluate(CLI::App& app);
Action declare_phantom(CLI::App& app);
Action declare_segment(CLI::App& app);
Action declare_train(CLI::App& app);

namespace {

constexpr Command table[] = {
    {"segment", "Contour the organs at risk on a head-and-neck CT", "Contouring", declare_segment},
    {"evaluate", "Compare two label maps organ by organ", "Measuring", declare_evaluate},
    {"train", "Train a network on a data set, also a partly labelled one", "Training", declare_train},
    {"curate", "Make one clean, leak-free data set from hospitals' and archives' cases", "Data",
     declare_curate},
    {"convert", "Turn RTSTRUCT contours into masks on the CT's grid, or masks into an RTSTRUCT", "Data",
     declare_convert},
    {"phantom", "Make a synthetic head-and-neck patient with known organs", "Data", declare_phantom},
};

}  // namespace

std::span<const Command> commands() { return table; }

}  // namespace anatomynet::cli
