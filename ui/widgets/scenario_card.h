// One scenario of the demo: what it does, what to watch and where, a button that starts and stops it, and how
// far it is. Owned by the Demo bench; GUI thread only.
#pragma once

#include "ui/widgets/card.h"
#include "ui/widgets/scenario_texts.h"

#include <optional>

class QComboBox;
class QProgressBar;
class QPushButton;

namespace ui {

class ScenarioCard final : public Card
{
    Q_OBJECT

public:
    ScenarioCard(const Theme& theme, backend::Scenario scenario, QWidget* parent);

    backend::Scenario scenario() const { return m_scenario; }
    // blocked: why it cannot be started; empty: it can.
    void show(const backend::ScenarioStatus& status, const QString& blocked);
    // What a start was answered with.
    void showRefusal(const std::optional<backend::Error>& error);

signals:
    void startRequested(std::int64_t size);
    void stopRequested();
    void openPage(const QString& id, const QString& argument);

private:
    void build();
    QLayout* buildPlaces();
    void buildProgress();
    void toggle();
    QString outcomeText(const backend::ScenarioStatus& status) const;
    QString name(const char* part) const { return m_text.key + QLatin1StringView(part); }

    const backend::Scenario m_scenario;
    const ScenarioText m_text;
    backend::ScenarioStatus m_status;
    QString m_refusal;
    QPushButton* m_button = nullptr;
    QComboBox* m_size = nullptr;
    QProgressBar* m_progress = nullptr;
    Label* m_step = nullptr;
};

} // namespace ui
