#include "ui/report/pdf_report.h"

#include "ui/report/report_pages.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QPageLayout>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>

namespace ui {
namespace {

constexpr int kPdfResolution = 720; // a device pixel is a tenth of a point

QPageLayout pageLayout()
{
    return QPageLayout(QPageSize(QPageSize::A4), QPageLayout::Landscape, QMarginsF());
}

} // namespace

void drawShardReport(const backend::ShardReport& report, QPainter& painter, QSizeF deviceSize,
                     const std::function<void()>& newPage)
{
    const QSizeF size = pageLayout().fullRect(QPageLayout::Point).size() * points(1);
    const ReportPages pages(report, size);
    for (int page = 0; page < pages.count(); ++page) {
        if (page > 0) newPage();
        painter.save();
        painter.scale(deviceSize.width() / size.width(), deviceSize.height() / size.height());
        pages.draw(painter, page);
        painter.restore();
    }
}

QByteArray renderPdf(const backend::ShardReport& report)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setResolution(kPdfResolution);
        writer.setCreator(QStringLiteral("Rookery"));
        writer.setTitle(QCoreApplication::translate("ui::ReportPages", "Shard report: %1")
                            .arg(QString::fromStdString(report.clusterName)));
        writer.setPageLayout(pageLayout());
        QPainter painter(&writer);
        drawShardReport(report, painter, QSizeF(writer.width(), writer.height()), [&] { writer.newPage(); });
    }
    return bytes;
}

} // namespace ui
