// Finds a user by handle or id, with suggestions while somebody types. Waits for a pause in typing; answers
// to an older text are dropped. Owned by its page; GUI thread only.
#pragma once

#include <QLineEdit>
#include <QTimer>

#include "ui/bridge/engine_call.h"
#include "ui/models/timeline_tables.h"

class QCompleter;

namespace ui {

class EngineBridge;

class UserSearch final : public QLineEdit
{
    Q_OBJECT

public:
    UserSearch(EngineBridge& bridge, QWidget* parent);

signals:
    void userChosen(const QString& handleOrId);
    void suggestionsFailed(const QString& message); // empty: they came

private:
    void suggest();
    void take(std::vector<backend::User> users);
    void choose(const QString& handleOrId);

    EngineBridge& m_bridge;
    UserSuggestionModel* m_model = nullptr;
    QCompleter* m_completer = nullptr;
    QTimer m_pause;    // in typing
    EngineCall m_call; // the suggestions that are waited for
};

} // namespace ui
