// Nothing: the target that compiles this file holds the precompiled standard headers
// (AnatomynetTargets.cmake).
