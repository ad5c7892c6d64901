// Why a post is, or is not, in a reader's home timeline: the verdict in one sentence and the trail that leads
// to it, with times. Asks when it is told to, or when somebody enters a post and a reader. Owned by its page;
// GUI thread only.
#pragma once

#include <QWidget>

#include "ui/bridge/engine_call.h"
#include "ui/bridge/requests.h"
#include "ui/widgets/state_view.h"

#include <optional>

class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace ui {

class EngineBridge;
class Label;

class ExplainView final : public QWidget
{
    Q_OBJECT

public:
    ExplainView(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    // What would be asked; asks at once if it is shown.
    void setQuestion(backend::PostId post, const QString& reader);
    void clear();
    void refresh();
    void timesChanged();
    bool cancel();                // an answer that is waited for; false: there is none
    backend::PostId post() const; // as entered; 0: none
    QString verdict() const;

protected:
    void showEvent(QShowEvent* event) override;

private:
    void build();
    void ask();
    void take(backend::Result<requests::Explained> answer);
    void showAnswer(const requests::Explained& answer);
    void showTrail(const requests::Explained& answer);
    void clearTrail();
    void setState(StateView::Kind kind, const QString& title, const QString& text = {});

    const Theme& m_theme;
    EngineBridge& m_bridge;
    QLineEdit* m_post = nullptr;
    QLineEdit* m_reader = nullptr;
    QPushButton* m_ask = nullptr;
    Label* m_verdict = nullptr;
    Label* m_reason = nullptr;
    StateView* m_state = nullptr;
    QWidget* m_answer = nullptr;
    QVBoxLayout* m_trail = nullptr;
    bool m_fresh = true; // what is entered has been asked
    bool m_asking = false;
    EngineCall m_call;                             // the answer that is waited for
    std::optional<requests::Explained> m_answered; // what is shown
};

} // namespace ui
