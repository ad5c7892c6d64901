#include "ui/pages/threshold_planner.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/pages/figure_grid.h"
#include "ui/pages/threshold_texts.h"
#include "ui/widgets/curve_chart.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {
namespace {

constexpr int kPositions = 1'000;
constexpr double kLongRate = 1e6; // from here on rounded
constexpr int kFiguresWidth = 370;
constexpr int kThresholdQuestionWidth = 420;

QString rateText(double perSecond)
{
    if (perSecond >= kLongRate) return formatCompact(perSecond); // else three of them have no room
    return perSecond != 0 && perSecond < 0.05 ? formatNumber(perSecond, 4) : formatRate(perSecond);
}

} // namespace

ThresholdPlanner::ThresholdPlanner(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : Card(theme, tr("Push or merge · cost in deliveries/s"), parent)
    , m_bridge(bridge)
{
    build();
    connectAll();
    clear(tr("Not read yet."));
}

void ThresholdPlanner::build()
{
    auto* row = new QHBoxLayout;
    row->setSpacing(kSpacingLarge);
    row->addWidget(buildCurve(), 1);
    row->addWidget(buildFigures());
    body()->addLayout(row, 1);
}

QWidget* ThresholdPlanner::buildCurve()
{
    auto* part = new QWidget(this);
    m_curve = new CurveChart(theme(), CurveChart::Across::Decades, part);
    m_curve->setObjectName(QStringLiteral("costCurve"));
    m_curve->setAccessibleName(tr("Cost of fan-out by threshold"));
    m_curve->setAxes(tr("merged above so many followers"), ScaleUnit::Number, &rateText);
    m_slider = new QSlider(Qt::Horizontal, part);
    m_slider->setObjectName(QStringLiteral("thresholdSlider"));
    m_slider->setAccessibleName(tr("Threshold, followers, on a logarithmic scale"));
    m_slider->setRange(0, kPositions);
    m_slider->setPageStep(kPositions / 10);
    m_threshold = new QSpinBox(part);
    m_threshold->setObjectName(QStringLiteral("thresholdSpin"));
    m_threshold->setAccessibleName(tr("Threshold, followers"));
    m_threshold->setSuffix(tr(" followers"));
    m_threshold->setKeyboardTracking(false);
    m_threshold->setGroupSeparatorShown(true);
    auto* row = new QHBoxLayout;
    row->addWidget(new Label(theme(), tr("Threshold"), FontRole::Body, Tone::Muted, part));
    row->addWidget(m_slider, 1);
    row->addWidget(m_threshold);
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins({});
    layout->addWidget(m_curve, 1);
    layout->addLayout(row);
    return part;
}

QWidget* ThresholdPlanner::buildFigures()
{
    auto* part = new QWidget(this);
    part->setFixedWidth(kFiguresWidth);
    m_figures = new FigureGrid(
        theme(), QStringLiteral("thresholdFigures"),
        {tr("Merged authors"), tr("Deliveries/s"), tr("Merges/s"), tr("Cost, deliveries/s")}, part);
    m_verdict = new Label(theme(), FontRole::Body, Tone::Normal, part);
    m_verdict->setObjectName(QStringLiteral("thresholdVerdict"));
    m_verdict->setWordWrap(true);
    m_verdict->setToolTip(
        tr("Pushed: each post is written to every follower when it is made. Merged: the author's posts are "
           "looked up by each follower who reads. Reading counts as so many deliveries as it takes time."));
    m_basis = new Label(theme(), FontRole::Small, Tone::Muted, part);
    m_basis->setObjectName(QStringLiteral("thresholdBasis"));
    m_basis->setWordWrap(true);
    m_basis->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_outcome = new Label(theme(), FontRole::Small, Tone::Muted, part);
    m_outcome->setObjectName(QStringLiteral("thresholdOutcome"));
    m_outcome->setWordWrap(true);
    m_outcome->hide();
    m_apply = new QPushButton(tr("Set threshold…"), part);
    m_apply->setObjectName(QStringLiteral("setThreshold"));
    m_automatic = new QPushButton(tr("Let planner choose…"), part);
    m_automatic->setObjectName(QStringLiteral("setAutomatic"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_apply);
    buttons->addWidget(m_automatic);
    buttons->addStretch();
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins({});
    layout->addWidget(m_figures);
    layout->addWidget(m_verdict);
    layout->addWidget(m_basis, 1);
    layout->addWidget(m_outcome);
    layout->addLayout(buttons);
    return part;
}

void ThresholdPlanner::connectAll()
{
    connect(m_slider, &QSlider::valueChanged, this, [this](int position) {
        m_chosen = true;
        choose(thresholdAt(position));
    });
    connect(m_threshold, &QSpinBox::valueChanged, this, [this](int threshold) {
        m_chosen = true;
        choose(threshold);
    });
    connect(m_apply, &QPushButton::clicked, this, [this] {
        askAndSet({backend::PushThreshold::Kind::Followers, m_threshold->value()});
    });
    connect(m_automatic, &QPushButton::clicked, this, [this] { askAndSet({}); });
}

int ThresholdPlanner::positionOf(std::int64_t threshold) const
{
    const double most = std::log1p(std::max(1, m_threshold->maximum()));
    return int(std::lround(kPositions * std::log1p(double(threshold)) / most));
}

std::int64_t ThresholdPlanner::thresholdAt(int position) const
{
    if (position >= kPositions) return m_threshold->maximum();
    const double most = std::log1p(std::max(1, m_threshold->maximum()));
    return std::int64_t(std::expm1(most * position / kPositions) + 0.5);
}

void ThresholdPlanner::setCosts(const backend::FanoutCosts& costs)
{
    m_points = fanoutCurve(costs);
    if (costs.sample.empty())
        return clear(
            tr("Nobody follows anybody: there is no fan-out. %1").arg(missingAuthorsText(costs)).trimmed());
    m_costs = costs;
    m_failed.clear();
    m_none.clear();
    setSubtitle(tr("today: %1").arg(thresholdText(costs.threshold)));
    const auto most = std::min<std::int64_t>(costs.sample.front().followers, std::numeric_limits<int>::max());
    {
        const QSignalBlocker quiet(m_threshold);
        m_threshold->setRange(0, int(most));
    }
    showCurve();
    const bool fixed = costs.threshold.kind == backend::PushThreshold::Kind::Followers;
    choose(m_chosen ? m_threshold->value()
           : fixed  ? costs.threshold.followers
                    : cheapestOf(m_points).threshold);
    updateEnabled();
}

void ThresholdPlanner::clear(const QString& reason)
{
    m_costs.reset();
    m_failed.clear();
    m_none = reason;
    m_points.clear();
    m_curve->setMarks({});
    m_curve->setLines({}, reason);
    m_figures->setFigures({});
    m_verdict->clear();
    m_verdict->hide();
    m_basis->setText(reason);
    m_basis->setTone(Tone::Muted);
    m_basis->setToolTip({});
    setSubtitle({});
    updateEnabled();
}

void ThresholdPlanner::setReading()
{
    if (!m_costs) clear(tr("Reading from the PostgreSQL nodes… Esc gives up."));
}

void ThresholdPlanner::setFailed(const QString& why)
{
    if (!m_costs) return clear(why);
    m_failed = why;
    showFigures();
    updateEnabled();
}

// Why nothing can be set; empty: it can.
QString ThresholdPlanner::reasonNot() const
{
    if (!m_blocked.isEmpty()) return m_blocked;
    if (!m_costs) return m_none;
    if (m_failed.isEmpty()) return {};
    return tr("Last read at %1 %2. %3").arg(formatClock(m_costs->takenAt), zoneName(), m_failed);
}

void ThresholdPlanner::setBlocked(const QString& reason)
{
    m_blocked = reason;
    updateEnabled();
}

void ThresholdPlanner::updateEnabled()
{
    for (auto* widget : std::initializer_list<QWidget*>{m_slider, m_threshold})
        widget->setEnabled(m_costs.has_value());
    const auto reason = reasonNot();
    const bool can = reason.isEmpty() && !m_asking;
    const bool inForce = m_costs && m_costs->threshold.kind == backend::PushThreshold::Kind::Followers &&
                         m_costs->threshold.followers == m_threshold->value();
    m_apply->setEnabled(can && !inForce);
    const bool already = m_costs && m_costs->threshold.kind == backend::PushThreshold::Kind::Auto;
    m_automatic->setEnabled(can && !already);
    m_apply->setToolTip(reason.isEmpty() && inForce ? tr("It is set already.") : reason);
    m_automatic->setToolTip(reason.isEmpty() && already ? tr("The planner chooses already.") : reason);
    if (!m_blocked.isEmpty()) m_outcome->setText(m_blocked);
    m_outcome->setVisible(!m_outcome->text().isEmpty());
}

void ThresholdPlanner::choose(std::int64_t threshold)
{
    const QSignalBlocker quietSlider(m_slider), quietSpin(m_threshold);
    m_threshold->setValue(int(std::min<std::int64_t>(threshold, m_threshold->maximum())));
    m_slider->setValue(positionOf(m_threshold->value()));
    showFigures();
    showMarks();
    updateEnabled();
}

void ThresholdPlanner::showCurve()
{
    std::vector<CurveChart::Line> lines{
        {tr("in all"), 1, {}, true}, {tr("pushing"), 2, {}, true, true}, {tr("merging"), 3, {}, true, true}};
    for (const auto& point : m_points) {
        const double x = double(point.threshold);
        lines[0].points.push_back({x, point.cost});
        lines[1].points.push_back({x, point.push});
        lines[2].points.push_back({x, point.pull});
    }
    m_curve->setLines(std::move(lines), {});
}

void ThresholdPlanner::showMarks()
{
    if (!m_costs) return;
    const double merge = m_costs->mergeCost;
    const auto chosen = loadAbove(*m_costs, m_threshold->value());
    m_curve->setMarks(
        {{double(m_threshold->value()), chosen.cost(merge), tr("chosen"), Tone::Accent},
         {double(thresholdToday(*m_costs)), loadToday(*m_costs).cost(merge), tr("today"), Tone::Normal}});
}

void ThresholdPlanner::showFigures()
{
    if (!m_costs) return;
    const auto today = loadToday(*m_costs), chosen = loadAbove(*m_costs, m_threshold->value());
    const double merge = m_costs->mergeCost;
    m_figures->setChosenTitle(tr("above %1").arg(formatCount(m_threshold->value())));
    m_figures->setFigures({comparedFigures(today.pulledAuthors, chosen.pulledAuthors, &formatWholeCount),
                           comparedFigures(today.deliveriesPerSecond, chosen.deliveriesPerSecond, &rateText),
                           comparedFigures(today.mergesPerSecond, chosen.mergesPerSecond, &rateText),
                           comparedFigures(today.cost(merge), chosen.cost(merge), &rateText)});
    showBasis();
}

void ThresholdPlanner::showBasis()
{
    m_verdict->setText(thresholdVerdict(*m_costs, m_points, m_threshold->value(), &rateText));
    m_verdict->show();
    m_basis->setToolTip(thresholdBasisTip(*m_costs));
    m_basis->setText(m_failed.isEmpty() ? thresholdBasisText(*m_costs) : reasonNot());
    m_basis->setTone(m_failed.isEmpty() && m_costs->missing.empty() ? Tone::Muted : Tone::Warning);
}

void ThresholdPlanner::timesChanged()
{
    if (m_costs) showBasis();
    updateEnabled();
}

bool ThresholdPlanner::confirmed(const backend::PushThreshold& threshold)
{
    const bool automatic = threshold.kind == backend::PushThreshold::Kind::Auto;
    QMessageBox box(this);
    box.setObjectName(QStringLiteral("thresholdQuestion"));
    box.setIcon(QMessageBox::Question);
    box.setWindowTitle(tr("Push threshold"));
    box.setText(automatic
                    ? tr("Let the planner choose who is merged?")
                    : tr("Set the push threshold to %1 followers?").arg(formatCount(threshold.followers)));
    box.setInformativeText(thresholdQuestion(*m_costs, threshold));
    auto* set = box.addButton(automatic ? tr("Let planner choose")
                                        : tr("Set %1").arg(formatCount(threshold.followers)),
                              QMessageBox::AcceptRole);
    set->setObjectName(QStringLiteral("confirmThreshold"));
    box.setDefaultButton(box.addButton(QMessageBox::Cancel));
    for (auto* label : box.findChildren<QLabel*>())
        if (label->text() == box.informativeText()) label->setMinimumWidth(kThresholdQuestionWidth);
    box.exec();
    return box.clickedButton() == set;
}

void ThresholdPlanner::askAndSet(const backend::PushThreshold& threshold)
{
    if (!m_costs || !confirmed(threshold)) return;
    m_asking = true;
    m_outcome->setText(tr("Setting the threshold…"));
    updateEnabled();
    m_bridge.deed(
        this, [threshold](backend::Engine& engine) { return requests::setPushThreshold(engine, threshold); },
        [this, threshold](backend::Result<void> result) {
            m_asking = false;
            m_outcome->setText(
                result ? tr("In effect: %1. Authors move over within seconds to minutes.")
                             .arg(thresholdText(threshold))
                       : tr("Nothing was changed: %1").arg(QString::fromStdString(result.error().message)));
            updateEnabled();
            if (result) emit changed();
        });
}

} // namespace ui
