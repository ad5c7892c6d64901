// Writes the shard report to a file, in the format that the file's name asks for. The file appears whole or
// not at all: it is written beside its place and renamed. Blocks on the disk: not for the GUI thread. Any
// thread.
#pragma once

#include "backend/engine.h"

#include <QString>
#include <QStringList>

#include <functional>
#include <stop_token>

namespace ui {

// Monitor::render.
using ReportRenderer = std::function<std::string(const backend::ShardReport&, backend::ReportFormat)>;

// By the extension, in any case: .csv .json .html .htm .pdf. Anything else: InvalidArgument. A full disk:
// DiskFull; a folder that cannot be written: Unauthorized or Configuration; the message names the file and
// what to do. Asked to stop before the file appears: Cancelled, and nothing is written. REQUIRES: for .pdf a
// QGuiApplication.
backend::Result<void> writeReport(const backend::ShardReport& report, const ReportRenderer& render,
                                  const QString& path, const std::stop_token& stop = {});

QStringList reportFileFilters(); // for a file dialog: "PDF document (*.pdf)" …

} // namespace ui
