// The words of the demo's scenarios: what each does, what to watch, and where. Pure functions; GUI thread.
#pragma once

#include <QString>

#include "backend/domain/scenario.h"

#include <vector>

namespace ui {

// A page on which the scenario is seen; `subject`: it opens at what the scenario is about.
struct ScenarioPlace
{
    QString page, title;
    bool subject = false;
};

struct ScenarioSize
{
    std::int64_t size = 0;
    QString text;
};

struct ScenarioText
{
    QString key; // of object names: "killedRedis"
    QString title, what, watch;
    QString stop; // on the button while it runs
    std::vector<ScenarioPlace> places;
    std::vector<ScenarioSize> sizes; // to choose from, the usual one first; none: nothing to choose
    QString cost;                    // of the sizes, as measured
};

ScenarioText scenarioText(backend::Scenario scenario);

} // namespace ui
