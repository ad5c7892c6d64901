#include "ui/report/report_file.h"

#include "ui/report/pdf_report.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSaveFile>
#include <QStorageInfo>

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

backend::Result<void> checkTarget(const QFileInfo& target)
{
    const QString shown = QDir::toNativeSeparators(target.absoluteFilePath());
    if (target.exists() && !target.isFile())
        return failed(backend::ErrorCode::InvalidArgument,
                      ReportFile::tr("%1 is not an ordinary file: choose another name.").arg(shown));
    if (!target.absoluteDir().exists())
        return failed(
            backend::ErrorCode::Configuration,
            ReportFile::tr("The folder of %1 does not exist: make it, or choose another one.").arg(shown));
    return {};
}

backend::Result<void> save(const QFileInfo& target, const QByteArray& content)
{
    const QString shown = QDir::toNativeSeparators(target.absoluteFilePath());
    QSaveFile file(target.absoluteFilePath());
    if (!file.open(QIODevice::WriteOnly))
        return failed(backend::ErrorCode::Unauthorized,
                      ReportFile::tr("%1 cannot be written (%2): choose a folder that you may write to.")
                          .arg(shown, file.errorString()));
    // commit() alone forgets that its flush failed and would leave a file cut short.
    if (file.write(content) == content.size() && file.flush() && file.commit()) return {};
    const auto left = QStorageInfo(target.absolutePath()).bytesAvailable();
    if (file.error() == QFileDevice::ResourceError || (left >= 0 && left < content.size()))
        return failed(
            backend::ErrorCode::DiskFull,
            ReportFile::tr("The disk of %1 is full: the report was not written. Free some space or choose "
                           "another disk.")
                .arg(shown));
    return failed(
        backend::ErrorCode::Internal,
        ReportFile::tr("%1 could not be written (%2): the report was not saved. Choose another place.")
            .arg(shown, file.errorString()));
}

} // namespace

backend::Result<void> writeReport(const backend::ShardReport& report, const ReportRenderer& render,
                                  const QString& path)
{
    const auto format = formatOf(path);
    if (!format)
        return failed(backend::ErrorCode::InvalidArgument,
                      ReportFile::tr("%1 has no known extension: end the name in .csv, .json, .html or .pdf.")
                          .arg(QDir::toNativeSeparators(path)));
    const QFileInfo target(path);
    ROOKERY_TRY(checkTarget(target));
    return save(target, contentOf(report, render, *format));
}

QStringList reportFileFilters()
{
    return {ReportFile::tr("PDF document (*.pdf)"), ReportFile::tr("Web page (*.html)"),
            ReportFile::tr("Table (*.csv)"), ReportFile::tr("JSON (*.json)")};
}

QString reportFileSuffix(const QString& filter)
{
    static const QRegularExpression pattern(QStringLiteral("\\*\\.(\\w+)"));
    return pattern.match(filter).captured(1);
}

} // namespace ui
