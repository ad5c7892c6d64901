#include "ui/widgets/chart_plot.h"

#include "ui/widgets/formatting.h"

#include <QMouseEvent>

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kLeftMargin = 48, kRightMargin = 12; // fixed: live axes stand still
constexpr int kLeastWidth = 180, kLeastHeight = 84;
constexpr double kLinePen = 1.4;
constexpr float kFillAlpha = 0.10F;

// Even steps of a scale that begins at 0, in the axis' own words.
class ScaleTicker final : public QCPAxisTicker
{
public:
    explicit ScaleTicker(std::function<QString(double)> format)
        : m_format(std::move(format))
    {
    }

    void generate(const QCPRange& range, const QLocale&, QChar, int, QVector<double>& ticks, QVector<double>* subTicks,
                  QVector<QString>* labels) override
    {
        const auto steps = scaleSteps(range.upper);
        ticks = QVector<double>(steps.begin(), steps.end());
        if (subTicks) subTicks->clear();
        if (!labels) return;
        labels->clear();
        for (const double step : steps)
            labels->append(m_format(step));
    }

private:
    std::function<QString(double)> m_format;
};

} // namespace

ChartPlot::ChartPlot(const Theme& theme, const TimeChart::Options& options, QWidget* parent)
    : QObject(parent)
    , m_theme(theme)
    , m_plot(new QCustomPlot(parent))
    , m_leftScale(options.left.leastMaximum)
    , m_rightScale(options.right.leastMaximum)
    , m_leftFixed(options.left.fixedMaximum)
    , m_rightFixed(options.right.fixedMaximum)
{
    m_hasRight = std::any_of(options.series.begin(), options.series.end(), [](const auto& s) { return s.right; });
    build(options);
    buildAxes(options);
    buildCursor();
    applyTheme();
    fitValues(NAN, NAN);
    connect(&theme, &Theme::changed, this, [this] {
        applyTheme();
        replot();
    });
    connect(m_plot, &QCustomPlot::mouseMove, this,
            [this](QMouseEvent* event) { emit pointed(m_plot->xAxis->pixelToCoord(event->position().x())); });
    m_plot->installEventFilter(this);
}

void ChartPlot::build(const TimeChart::Options& options)
{
    m_plot->setMinimumSize(kLeastWidth, kLeastHeight);
    m_plot->setMouseTracking(true);
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setNotAntialiasedElements(QCP::aeAll);
    m_plot->setAntialiasedElement(QCP::aePlottables, true);
    m_plot->setPlottingHint(QCP::phFastPolylines, true);
    m_plot->setPlottingHint(QCP::phCacheLabels, true);
    for (const auto& series : options.series) {
        auto* graph = m_plot->addGraph(m_plot->xAxis, series.right ? m_plot->yAxis2 : m_plot->yAxis);
        graph->setAdaptiveSampling(true);
        m_graphs.push_back(graph);
        m_numbers.push_back(series.number);
    }
}

void ChartPlot::buildAxes(const TimeChart::Options& options)
{
    auto* area = m_plot->axisRect();
    area->setAutoMargins(QCP::msTop | QCP::msBottom);
    area->setMargins(QMargins(kLeftMargin, 0, m_hasRight ? kLeftMargin : kRightMargin, 0));
    area->setMinimumMargins(QMargins(0, kSpacingSmall, 0, 0));
    const auto formatOr = [](const TimeChart::Axis& axis) { return axis.format ? axis.format : formatCompact; };
    m_plot->yAxis->setTicker(QSharedPointer<ScaleTicker>::create(formatOr(options.left)));
    m_plot->yAxis2->setTicker(QSharedPointer<ScaleTicker>::create(formatOr(options.right)));
    m_plot->yAxis2->setVisible(m_hasRight);
    m_plot->yAxis2->grid()->setVisible(false);
    for (auto* axis : {m_plot->xAxis, m_plot->yAxis, m_plot->yAxis2}) {
        axis->setSubTicks(false);
        axis->setTickLength(0, 3);
        axis->setTickLabelPadding(axis == m_plot->xAxis ? 3 : 6);
        axis->grid()->setSubGridVisible(false);
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    m_plot->yAxis->setTickLength(0, 0);
    m_plot->yAxis2->setTickLength(0, 0);
}

void ChartPlot::buildCursor()
{
    m_plot->layer(QStringLiteral("overlay"))->setMode(QCPLayer::lmBuffered);
    m_cursor = new QCPItemStraightLine(m_plot);
    m_cursor->setLayer(QStringLiteral("overlay"));
    m_cursor->setVisible(false);
    m_cursor->setClipToAxisRect(true);
}

QWidget* ChartPlot::widget() const
{
    return m_plot;
}

void ChartPlot::applyTheme()
{
    m_plot->setBackground(m_theme.card());
    applyAxisTheme();
    for (std::size_t i = 0; i < m_graphs.size(); ++i) {
        QPen pen(m_theme.series(m_numbers[i]), kLinePen);
        if (const auto dash = m_theme.seriesDash(m_numbers[i]); !dash.isEmpty()) pen.setDashPattern(dash);
        m_graphs[i]->setPen(pen);
        QColor fill = m_theme.series(m_numbers[i]);
        fill.setAlphaF(kFillAlpha);
        m_graphs[i]->setBrush(m_graphs.size() == 1 ? QBrush(fill) : QBrush(Qt::NoBrush));
    }
    QPen cursor(m_theme.textMuted(), 0);
    m_cursor->setPen(cursor);
}

void ChartPlot::applyAxisTheme()
{
    for (auto* axis : {m_plot->xAxis, m_plot->yAxis, m_plot->yAxis2}) {
        axis->setBasePen(axis == m_plot->xAxis ? QPen(m_theme.cardBorder(), 0) : QPen(Qt::NoPen));
        axis->setTickPen(QPen(m_theme.cardBorder(), 0));
        axis->setTickLabelColor(m_theme.textMuted());
        axis->setTickLabelFont(m_theme.font(FontRole::Small));
        axis->grid()->setPen(QPen(m_theme.grid(), 0));
    }
}

void ChartPlot::setData(const std::vector<double>& atSeconds, const std::vector<std::vector<double>>& values)
{
    for (std::size_t g = 0; g < m_graphs.size(); ++g) {
        QVector<QCPGraphData> points;
        points.reserve(qsizetype(atSeconds.size()));
        for (std::size_t i = 0; g < values.size() && i < atSeconds.size(); ++i)
            points.append({atSeconds[i], values[g][i]});
        m_graphs[g]->data()->set(points, true);
    }
}

void ChartPlot::setRange(double beginSeconds, double endSeconds)
{
    m_plot->xAxis->setRange(beginSeconds, endSeconds);
    setTimeTicks(endSeconds - beginSeconds);
}

void ChartPlot::setTimeTicks(double spanSeconds)
{
    if (spanSeconds == m_span) return;
    m_span = spanSeconds;
    auto ticker = QSharedPointer<QCPAxisTickerDateTime>::create();
    ticker->setDateTimeFormat(spanSeconds < 120 ? QStringLiteral("HH:mm:ss") : QStringLiteral("HH:mm"));
    ticker->setTickCount(spanSeconds < 120 ? 4 : 5);
    m_plot->xAxis->setTicker(ticker);
}

void ChartPlot::fitValues(double leftLargest, double rightLargest)
{
    m_leftScale.fit(leftLargest);
    m_rightScale.fit(rightLargest);
    m_plot->yAxis->setRange(0, m_leftFixed > 0 ? m_leftFixed : m_leftScale.maximum());
    m_plot->yAxis2->setRange(0, m_rightFixed > 0 ? m_rightFixed : m_rightScale.maximum());
}

void ChartPlot::setCursor(std::optional<double> atSeconds)
{
    if (!atSeconds && !m_cursor->visible()) return;
    m_cursor->setVisible(atSeconds.has_value());
    if (atSeconds) {
        m_cursor->point1->setCoords(*atSeconds, 0);
        m_cursor->point2->setCoords(*atSeconds, 1);
    }
    if (m_plot->isVisible()) m_cursor->layer()->replot();
}

void ChartPlot::replot()
{
    if (m_plot->isVisible()) m_plot->replot(QCustomPlot::rpQueuedReplot);
}

bool ChartPlot::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Leave) emit left();
    return QObject::eventFilter(watched, event);
}

} // namespace ui
