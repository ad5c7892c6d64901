// How far the rebuilding of what Redis nodes have lost has come. Plain values.
#pragma once

#include "backend/domain/ids.h"

#include <cstdint>
#include <string>
#include <vector>

namespace backend {

struct RestoreProgress
{
    bool running = false;
    std::vector<std::string> nodes; // that began another life; empty: a look at everything
    TimePoint startedAt, updatedAt;
    std::int64_t readers = 0;  // warm ones on the nodes that are looked at
    std::int64_t looked = 0;   // of them, so far
    std::int64_t restored = 0; // whose timeline was missing and is there again
    double perSecond = 0;      // looked at, lately
    std::string error;         // why it stopped; it goes on by itself
    // Empty while nothing is under way or the rate is not known yet.
    double secondsLeft() const
    {
        return running && perSecond > 0 ? double(readers - looked) / perSecond : -1;
    }
};

} // namespace backend
