#pragma once

// What core declares is the vocabulary of all modules: its names are written without "core::" throughout
// anatomynet. Of every other module they are written with the module's name: io::read_ct.
namespace anatomynet {
namespace core {}
using namespace core;
}  // namespace anatomynet
