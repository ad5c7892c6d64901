// Draws the shard report on pages: summary, heatmaps and ranked nodes for each metric, and all tables. The
// values are those of the other renderings. Owns nothing; any one thread, needs a QGuiApplication (its
// fonts).
#pragma once

#include "backend/domain/shard_report.h"

#include <QByteArray>
#include <QSizeF>

#include <functional>

class QPainter;

namespace ui {

// A4, landscape, scaled to `deviceSize` (in the painter's pixels). Calls newPage between two pages.
void drawShardReport(const backend::ShardReport& report, QPainter& painter, QSizeF deviceSize,
                     const std::function<void()>& newPage);

// The drawing as a PDF file's bytes.
QByteArray renderPdf(const backend::ShardReport& report);

} // namespace ui
