// An opened backend with what belongs to it: engine, and in the demo servers and workload. The desktop gets
// an opener and runs it off the GUI thread; app/ implements it. Destroying the session closes everything, in
// under two seconds.
#pragma once

#include "backend/domain/scenario.h"
#include "backend/domain/workload.h"

#include <functional>
#include <string>

namespace backend {

class Engine;

class Session
{
public:
    virtual ~Session() = default;
    virtual Engine& engine() = 0;
    virtual WorkloadControl* workload() { return nullptr; }  // demo without a log
    virtual ReplayControl* replay() { return nullptr; }      // demo with a log
    virtual ScenarioControl* scenarios() { return nullptr; } // demo, on its own servers only
};

struct SessionProgress
{
    std::string step; // "starting 10 servers", "creating 64 shards" …
    double fraction = 0;
};
using SessionProgressSink = std::function<void(const SessionProgress&)>;

} // namespace backend
