#include "ui/widgets/chart_picture.h"

#include "ui/theme/theme.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"

#include <QBuffer>
#include <QPainter>
#include <QPicture>
#include <QSvgGenerator>
#include <QWidget>

#include <algorithm>

namespace ui {
namespace {

constexpr double kScale = 2; // of a PNG: sharp on any screen and on paper

backend::TimePoint currentTime()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

QString titleOf(const QWidget& chart)
{
    for (const auto* widget = &chart; widget; widget = widget->parentWidget())
        if (const auto* card = qobject_cast<const Card*>(widget); card && !card->title().isEmpty())
            return card->title();
    return chart.accessibleName();
}

} // namespace

ChartPicture::ChartPicture(const Theme& theme, QWidget& chart, const ChartFace& face)
    : m_theme(theme)
    , m_chart(chart)
    , m_face(face)
    , m_title(face.title ? face.title() : titleOf(chart))
    , m_time(face.time ? face.time() : formatTime(currentTime()))
    , m_chartSize(face.size ? face.size() : chart.size())
{
    const QFontMetrics title(theme.font(FontRole::Strong)), small(theme.font(FontRole::Small));
    m_headHeight = title.height() + small.height() + kSpacingSmall;
    const int words = std::max(title.horizontalAdvance(m_title), small.horizontalAdvance(m_time));
    m_size = QSize(std::max(m_chartSize.width(), words) + 2 * kSpacingMedium,
                   m_chartSize.height() + m_headHeight + 2 * kSpacingMedium);
}

void ChartPicture::paint(QPainter& painter) const
{
    painter.fillRect(QRect({}, m_size), m_theme.card());
    const QFontMetrics title(m_theme.font(FontRole::Strong)), small(m_theme.font(FontRole::Small));
    painter.setFont(m_theme.font(FontRole::Strong));
    painter.setPen(m_theme.text());
    painter.drawText(QPoint(kSpacingMedium, kSpacingMedium + title.ascent()), m_title);
    painter.setFont(m_theme.font(FontRole::Small));
    painter.setPen(m_theme.textMuted());
    painter.drawText(QPoint(kSpacingMedium, kSpacingMedium + title.height() + small.ascent()), m_time);
    // Recorded first: a widget draws into a device of its own.
    QPicture chart;
    {
        QPainter recorder(&chart);
        if (m_face.draw)
            m_face.draw(recorder, m_chartSize);
        else
            m_chart.render(&recorder, {}, {}, QWidget::DrawChildren);
    }
    painter.drawPicture(QPoint(kSpacingMedium, kSpacingMedium + m_headHeight), chart);
}

QImage ChartPicture::image() const
{
    QImage out(m_size * kScale, QImage::Format_ARGB32_Premultiplied);
    if (out.isNull()) return out; // too large for the memory
    out.setDevicePixelRatio(kScale);
    out.fill(m_theme.card());
    QPainter painter(&out);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    paint(painter);
    return out;
}

QByteArray ChartPicture::svg() const
{
    QByteArray out;
    QBuffer buffer(&out);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setResolution(m_chart.logicalDpiX());
    generator.setSize(m_size);
    generator.setViewBox(QRect({}, m_size));
    generator.setTitle(m_title);
    generator.setDescription(m_time);
    QPainter painter(&generator);
    paint(painter);
    painter.end();
    return out;
}

QByteArray encodePng(const QImage& image)
{
    QByteArray out;
    QBuffer buffer(&out);
    buffer.open(QIODevice::WriteOnly);
    return image.save(&buffer, "PNG") ? out : QByteArray();
}

} // namespace ui
