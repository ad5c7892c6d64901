// The Demo bench: the demo's traffic under one's hands, and scenarios that break its servers and put them
// right again. A dock beside the pages, for the demo on its own servers. Owned by the window; GUI thread
// only.
#pragma once

#include <QDockWidget>
#include <QTimer>

#include "backend/domain/scenario.h"
#include "backend/domain/workload.h"
#include "ui/theme/theme.h"

#include <vector>

class QPlainTextEdit;
class QProgressBar;
class QToolButton;

namespace ui {

class EngineBridge;
class Label;
class RateControl;
class Card;
class ScenarioCard;

class DemoBench final : public QDockWidget
{
    Q_OBJECT

public:
    DemoBench(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    // Whether the session that is open has anything to show here.
    bool available() const;
    // Looks at the session that is open now.
    void refresh();
    void timesChanged();

signals:
    void closeRequested();
    void openPage(const QString& id, const QString& argument);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

private:
    struct Rate
    {
        double backend::WorkloadRates::*value = nullptr;
        RateControl* control = nullptr;
    };

    QWidget* buildTitle();
    QWidget* buildContent();
    QWidget* buildTraffic(QWidget* parent);
    QWidget* buildLog(QWidget* parent);
    void addRate(QWidget* card, const char* name, const QString& title, int most,
                 double backend::WorkloadRates::*value);
    void showTraffic();
    void showScenarios();
    void showEvents(const backend::ScenarioReport& report);
    void start(ScenarioCard& card, std::int64_t size);
    QString blocked() const;

    const Theme& m_theme;
    EngineBridge& m_bridge;
    QTimer m_timer;
    QWidget* m_traffic = nullptr;
    Label* m_phase = nullptr;
    QProgressBar* m_progress = nullptr;
    QToolButton* m_running = nullptr;
    std::vector<Rate> m_rates;
    Label* m_readOnly = nullptr;
    std::vector<ScenarioCard*> m_cards;
    Card* m_logCard = nullptr;
    QPlainTextEdit* m_log = nullptr;
    const void* m_loggedOf = nullptr; // whose events they are
    std::uint64_t m_logged = 0;
};

} // namespace ui
