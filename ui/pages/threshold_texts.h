// What the planner of the push threshold says in words. Pure; any thread.
#pragma once

#include "ui/models/fanout_curve.h"

#include <QString>

namespace ui {

QString thresholdText(const backend::PushThreshold& threshold);
// "Without the authors of 32 logical shards: pg-3 did not answer in time."; empty: all were read.
QString missingAuthorsText(const backend::FanoutCosts& costs);
// What a tenth of today's threshold, ten times as much, and the cheapest would cost beside today.
// REQUIRES: a sample, and its curve.
QString thresholdVerdict(const backend::FanoutCosts& costs, const std::vector<FanoutCurvePoint>& curve,
                         std::int64_t chosen, QString (*rate)(double));
// Of when and of which posts the figures are; and what they were made of, at length.
QString thresholdBasisText(const backend::FanoutCosts& costs);
QString thresholdBasisTip(const backend::FanoutCosts& costs);
// What would change if that threshold were set.
QString thresholdQuestion(const backend::FanoutCosts& costs, const backend::PushThreshold& threshold);

} // namespace ui
