#include "cli/command.h"

namespace anatomynet::cli {

// One a file of the same name.
Action declare_bench(CLI::App& app);
Action declare_check_engine(CLI::App& app);
Action declare_quantise(CLI::App& app);
Action declare_export(CLI::App& app);
Action declare_experiment(CLI::App& app);
Action declare_train(CLI::App& app);

namespace {

const Command table[] = {
    segment_command,
    {"check-engine", "Compare two engines on a CT: logits, labels, organs", "Engines", declare_check_engine},
    {"bench", "Time the engines on this machine, against its measured peak", "Engines", declare_bench},
    {"quantise", "Calibrate a weights file for int8 on a few CTs", "Engines", declare_quantise},
    {"export", "Write a weights file as an ONNX model", "Engines", declare_export},
    {"train", "Train a network on a data set, also a partly labelled one", "Training", declare_train},
    {"experiment", "Train and measure the variants of a study under one budget, and write its tables",
     "Training", declare_experiment},
};

}  // namespace

std::span<const Command> network_commands() { return table; }

void hand_over(int, char**) {}

}  // namespace anatomynet::cli
