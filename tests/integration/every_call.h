// Every call of an engine that takes a deadline, by name, each about something that can be asked for or done
// again. Owned by a test; it must outlive the calls.
#pragma once

#include "backend/engine.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tests {

// What they are about. What one call takes away, no other one needs.
struct CallSubjects
{
    std::string name;     // a handle, and the hash of an import's file
    std::string imported; // the hash of one that was opened already
    backend::UserId author, reader, shortReader, other;
    backend::UserId doomedUser, doomedAccount;
    backend::PostId post, doomedPost;
    std::vector<backend::BulkUser> users;
    std::vector<backend::BulkFollow> follows;
    std::vector<backend::Post> posts;
    std::vector<backend::TaskRef> toRetry, toDiscard; // dead letters
    backend::TaskRef letter;                          // one that stays
    int node = 0;                                     // to be looked at
};

struct EngineCall
{
    std::string name;
    std::function<std::optional<backend::Error>(backend::Deadline)> run;
};

std::vector<EngineCall> everyCall(backend::Engine& engine, const CallSubjects& about);

// The names of all calls with a deadline that the engine's header declares.
std::set<std::string> callsOfTheHeader();

} // namespace tests
