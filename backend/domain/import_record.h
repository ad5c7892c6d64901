// What the directory keeps about one import of an activity log. Plain value: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace backend {

// An import's standing in the cluster, by the hash of its file. Kept in the directory.
struct ImportRecord
{
    std::string fileHash;         // SHA-256, hex
    std::vector<int> idSlots;     // reserved, never reused ("slots" alone is a macro in Qt)
    std::int64_t timeShiftMs = 0; // added to every time of the log
    std::string phase;            // "accounts" "follows" "posts" "done"
    std::int64_t linesDone = 0;
    bool created = false; // this call made it
};

} // namespace backend
