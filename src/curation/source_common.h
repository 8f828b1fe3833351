#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "curation/source.h"

// Internal to the curation module: what the kinds of sources share.
namespace anatomynet::curation {

/// One factory a kind.
std::unique_ptr<Source> make_pddca_source(const SourceOptions& options);
std::unique_ptr<Source> make_tcia_source(const SourceOptions& options);
std::unique_ptr<Source> make_deepmind_source(const SourceOptions& options);
std::unique_ptr<Source> make_openkbp_source(const SourceOptions& options);
std::unique_ptr<Source> make_nnunet_source(const SourceOptions& options);
std::unique_ptr<Source> make_folder_source(const SourceOptions& options);
std::unique_ptr<Source> make_reviewed_source(const SourceOptions& options);

/// `text` matches `pattern`, in which * stands for any text.
bool matches(const std::string& pattern, const std::string& text);

/// Letters, digits, '-', '_' and '.' of an id; anything else becomes '_'; never empty, hidden, or longer than
/// 100 characters; of longer ids different ones stay different.
std::string safe_id(const std::string& id);

/// The RTOG 0522 id ("0522c0576") within a text, lower case; empty where there is none.
std::string rtog_id(const std::string& text);

/// Visible entries of a folder, sorted; folders or files only. A folder that cannot be read is noted.
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder, std::vector<Note>& notes);
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, const std::string& ending,
                                            std::vector<Note>& notes);

/// `only`, `except` and `split` applied, ids made unique, sorted by id, aliases filled in, with one note for
/// what was left out. `ref.index` keeps its meaning.
std::vector<CaseRef> selected(std::vector<CaseRef> refs, const SourceOptions& options,
                              std::vector<Note>& notes);

/// Grids between which labels can be resampled.
bool same_axes(const Grid& a, const Grid& b);

std::string split_name(Split split);
/// Its inverse; throws Error(input) naming `where`.
Split split_named(const std::string& name, const std::string& where);

}  // namespace anatomynet::curation
