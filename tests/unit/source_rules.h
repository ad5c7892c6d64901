// The dependency rules of the source tree as a pure function: files in, violations out. Used by
// dependency_test, which feeds it the real tree and fixtures that break each rule. Single-threaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tests {

struct SourceFile
{
    std::string path; // from the root of the tree, with slashes: "backend/store/postgres.cpp"
    std::string text;
};

struct Violation
{
    std::string path;
    int line = 0;
    std::string rule; // what is forbidden, in words

    std::string toString() const { return path + ":" + std::to_string(line) + ": " + rule; }
};

std::vector<Violation> violations(const std::vector<SourceFile>& files);

// Everything under `root` that the rules look at: sources, headers, SQL, CMake and shell files of our own
// folders.
std::vector<SourceFile> readSourceTree(const std::string& root);

// C++ source taken apart. `code` has comments and the inside of literals blanked and keeps every line break.
struct StringLiteral
{
    int line = 0;
    std::string text;
};
struct ScannedSource
{
    std::string code;
    std::string codeWithStrings; // only the comments blanked: for #include
    std::vector<StringLiteral> strings;
};
ScannedSource scanCpp(std::string_view text);

} // namespace tests
