// What the planner of the push threshold says in words. Pure; any thread.
#pragma once

#include "backend/domain/fanout_costs.h"

#include <QString>

namespace ui {

QString thresholdText(const backend::PushThreshold& threshold);
// "Without the authors of 32 logical shards: pg-3 did not answer in time."; empty: all were read.
QString missingAuthorsText(const backend::FanoutCosts& costs);
// What the figures were made of.
QString thresholdBasisText(const backend::FanoutCosts& costs);
// What would change if that threshold were set.
QString thresholdQuestion(const backend::FanoutCosts& costs, const backend::PushThreshold& threshold);

} // namespace ui
