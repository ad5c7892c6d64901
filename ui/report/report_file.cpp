#include "ui/report/report_file.h"

#include "ui/report/pdf_report.h"
#include "ui/widgets/file_save.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include <optional>

namespace ui {
namespace {

struct ReportFile
{
    Q_DECLARE_TR_FUNCTIONS(ui::ReportFile)
};

enum class FileFormat { Csv, Json, Html, Pdf };

std::optional<FileFormat> formatOf(const QString& path)
{
    const auto suffix = QFileInfo(path).suffix().toLower();
    if (suffix == QLatin1String("csv")) return FileFormat::Csv;
    if (suffix == QLatin1String("json")) return FileFormat::Json;
    if (suffix == QLatin1String("html") || suffix == QLatin1String("htm")) return FileFormat::Html;
    if (suffix == QLatin1String("pdf")) return FileFormat::Pdf;
    return std::nullopt;
}

QByteArray contentOf(const backend::ShardReport& report, const ReportRenderer& render, FileFormat format)
{
    switch (format) {
    case FileFormat::Csv:
        return QByteArray::fromStdString(render(report, backend::ReportFormat::Csv));
    case FileFormat::Json:
        return QByteArray::fromStdString(render(report, backend::ReportFormat::Json));
    case FileFormat::Html:
        return QByteArray::fromStdString(render(report, backend::ReportFormat::Html));
    case FileFormat::Pdf:
        return renderPdf(report);
    }
    return {};
}

auto failed(backend::ErrorCode code, const QString& message)
{
    return backend::fail(code, message.toStdString());
}

} // namespace

backend::Result<void> writeReport(const backend::ShardReport& report, const ReportRenderer& render,
                                  const QString& path, const std::stop_token& stop)
{
    const auto format = formatOf(path);
    if (!format)
        return failed(backend::ErrorCode::InvalidArgument,
                      ReportFile::tr("%1 has no known extension: end the name in .csv, .json, .html or .pdf.")
                          .arg(QDir::toNativeSeparators(path)));
    // Rendering takes long: a folder that is not there is told first.
    ROOKERY_TRY(checkFileTarget(path));
    const auto content = stop.stop_requested() ? QByteArray() : contentOf(report, render, *format);
    if (stop.stop_requested())
        return failed(backend::ErrorCode::Cancelled, ReportFile::tr("given up: nothing was written"));
    return saveFile(path, content);
}

QStringList reportFileFilters()
{
    return {ReportFile::tr("PDF document (*.pdf)"), ReportFile::tr("Web page (*.html)"),
            ReportFile::tr("Table (*.csv)"), ReportFile::tr("JSON (*.json)")};
}

} // namespace ui
