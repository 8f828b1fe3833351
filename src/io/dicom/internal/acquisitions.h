#pragma once
#include <string>
#include <vector>

#include "core/volume.h"
#include "io/dicom/internal/dicom_header.h"

// Several acquisitions in one series: two phases or two reconstructions whose slices lie between each other
// are no volume. Acquisitions that follow each other along the patient (one a table position) are one.
// Internal to the io module.
namespace anatomynet::io {

/// Leaves the slices of the acquisition that is called `wanted`, and takes the name away once it has served.
/// Slices are told apart by Acquisition Number (0020,0012), Convolution Kernel (0018,1210), KVP (0018,0060)
/// and, where there are few, acquisition times. Throws Error(input) that names the acquisitions where at
/// least three slices of one lie between those of another and none of them is wanted.
void choose_acquisition(std::vector<SliceHeader>& slices, std::string& wanted, const std::string& source);

/// Whether every second slice belongs to something else: over six slices or more, each is much more like its
/// second neighbours than like its first ones. Compares means of 8 x 8 pixels, so that noise does not count.
/// `threads`: 0, all cores.
bool slices_alternate(const CtVolume& on_slices, int threads);

/// Leaves every second slice, from the first ("1") or the second ("2") of `order` on. Throws Error(input)
/// that says so where `wanted` is neither.
void choose_alternate(std::vector<SliceHeader>& slices, const std::vector<std::size_t>& order,
                      std::string& wanted, const std::string& source);

}  // namespace anatomynet::io
