#include "ui/widgets/lorenz_chart.h"

#include "ui/widgets/exporter.h"
#include "ui/widgets/figure_text.h"
#include "ui/widgets/formatting.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace ui {
namespace {

constexpr int kAxisSteps = 4; // of both axes
constexpr int kBandSteps = 128;
constexpr double kKeyStep = 0.01;
constexpr double kChanceAlpha = 0.25;

QString percent(double part)
{
    return QStringLiteral("%1 %").arg(formatNumber(part * 100, 1));
}

} // namespace

LorenzChart::LorenzChart(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Lorenz curve over the logical shards"));
    makeExportable(theme, *this);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void LorenzChart::setCurve(std::vector<double> curve, const QString& metric)
{
    m_curve = std::move(curve);
    m_metric = metric;
    setAccessibleDescription(readout());
    update();
}

void LorenzChart::setChance(backend::ChanceLorenz chance)
{
    m_chance = std::move(chance);
    setAccessibleDescription(readout());
    update();
}

QString LorenzChart::readout() const
{
    if (m_curve.empty()) return tr("Nothing known yet");
    auto out = tr("The %1 of shards with the least have %2 of %3")
                   .arg(percent(m_marker), percent(backend::lorenzAt(m_curve, m_marker)), m_metric);
    if (!m_chance.low.empty())
        out += tr("; by chance %1 to %2")
                   .arg(percent(backend::lorenzAt(m_chance.low, m_marker)),
                        percent(backend::lorenzAt(m_chance.high, m_marker)));
    return out;
}

void LorenzChart::setMarker(double part)
{
    m_marker = std::clamp(part, 0.0, 1.0);
    setAccessibleDescription(readout());
    update();
}

void LorenzChart::mouseMoveEvent(QMouseEvent* event)
{
    const auto plot = plotRect();
    setMarker((event->position().x() - plot.left()) / std::max(1, plot.width()));
}

void LorenzChart::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        return setMarker(m_marker - kKeyStep);
    case Qt::Key_Right:
        return setMarker(m_marker + kKeyStep);
    case Qt::Key_Home:
        return setMarker(0);
    case Qt::Key_End:
        return setMarker(1);
    default:
        QWidget::keyPressEvent(event);
    }
}

void LorenzChart::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

void LorenzChart::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    update();
}

// --- painting

QRect LorenzChart::plotRect() const
{
    const QFontMetrics metrics(m_theme.font(FontRole::Small));
    const int left = metrics.horizontalAdvance(QStringLiteral("100 %")) + kSpacingSmall;
    return rect().adjusted(left, metrics.height() + kSpacingSmall, -kSpacingLarge,
                           -(3 * metrics.height() + kSpacingMedium));
}

QPointF LorenzChart::pointAt(double part, double share) const
{
    const auto plot = plotRect();
    return {plot.left() + part * plot.width(), plot.bottom() - share * plot.height()};
}

void LorenzChart::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_theme.font(FontRole::Small));
    if (m_curve.empty()) {
        painter.setPen(m_theme.textMuted());
        painter.drawText(rect(), Qt::AlignCenter,
                         m_metric.isEmpty() ? tr("Waiting for data")
                                            : tr("No %1 to share out yet").arg(m_metric));
        return;
    }
    drawAxes(painter);
    drawBand(painter);
    drawCurve(painter);
    drawMarker(painter);
    painter.setPen(m_theme.text());
    drawFigure(painter, {plotRect().left(), height() - painter.fontMetrics().descent()}, readout());
}

void LorenzChart::drawAxes(QPainter& painter) const
{
    const auto plot = plotRect();
    const int high = painter.fontMetrics().height();
    for (int step = 0; step <= kAxisSteps; ++step) {
        const double part = double(step) / kAxisSteps;
        painter.setPen(QPen(m_theme.grid(), 1));
        painter.drawLine(pointAt(0, part), pointAt(1, part));
        painter.drawLine(pointAt(part, 0), pointAt(part, 1));
        painter.setPen(m_theme.textMuted());
        const auto label = QStringLiteral("%1 %").arg(100 * step / kAxisSteps);
        painter.drawText(QRectF(0, pointAt(0, part).y() - high / 2.0, plot.left() - kSpacingTiny, high),
                         Qt::AlignRight | Qt::AlignVCenter, label);
        painter.drawText(QRectF(pointAt(part, 0).x() - 40, plot.bottom() + kSpacingTiny, 80, high),
                         Qt::AlignHCenter | Qt::AlignTop, label);
    }
    painter.drawText(QRectF(0, 0, width(), high), Qt::AlignLeft | Qt::AlignTop,
                     tr("Part of %1").arg(m_metric));
    painter.drawText(QRectF(plot.left(), plot.bottom() + kSpacingTiny + high, plot.width(), high),
                     Qt::AlignHCenter | Qt::AlignTop, tr("Part of the shards, least first"));
    painter.setPen(QPen(m_theme.textMuted(), 1, Qt::DashLine));
    painter.drawLine(pointAt(0, 0), pointAt(1, 1));
}

void LorenzChart::drawBand(QPainter& painter) const
{
    if (m_chance.low.empty()) return;
    QPolygonF band;
    for (int i = 0; i <= kBandSteps; ++i) {
        const double part = double(i) / kBandSteps;
        band << pointAt(part, backend::lorenzAt(m_chance.high, part));
    }
    for (int i = kBandSteps; i >= 0; --i) {
        const double part = double(i) / kBandSteps;
        band << pointAt(part, backend::lorenzAt(m_chance.low, part));
    }
    auto ground = m_theme.series(2);
    painter.setPen(QPen(ground, 1));
    ground.setAlphaF(kChanceAlpha);
    painter.setBrush(ground);
    painter.drawPolygon(band);
    painter.setBrush(Qt::NoBrush);
}

void LorenzChart::drawCurve(QPainter& painter) const
{
    QPolygonF line;
    for (std::size_t i = 0; i < m_curve.size(); ++i)
        line << pointAt(double(i) / double(m_curve.size() - 1), m_curve[i]);
    painter.setPen(QPen(m_theme.series(1), 2));
    painter.drawPolyline(line);
}

void LorenzChart::drawMarker(QPainter& painter) const
{
    const auto at = pointAt(m_marker, backend::lorenzAt(m_curve, m_marker));
    painter.setPen(QPen(hasFocus() ? m_theme.accent() : m_theme.textMuted(), hasFocus() ? 2 : 1));
    painter.drawLine(QPointF(at.x(), plotRect().top()), QPointF(at.x(), plotRect().bottom()));
    painter.setBrush(m_theme.series(1));
    painter.drawEllipse(at, 4, 4);
    painter.setBrush(Qt::NoBrush);
}

} // namespace ui
