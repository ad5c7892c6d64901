// Who posted last in the whole cluster, a button each: where to begin when no name comes to mind. Nothing at
// all while nobody has posted. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/bridge/engine_call.h"
#include "ui/bridge/requests.h"

class QHBoxLayout;

namespace ui {

class EngineBridge;
class Label;
class Theme;

class LateAuthors final : public QWidget
{
    Q_OBJECT

public:
    LateAuthors(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    // Asks the engine anew; what is shown stays until the answer is here.
    void load();
    // Without @; empty before the first answer and while nobody has posted.
    QString first() const { return m_handles.value(0); }

signals:
    void loaded();
    void chosen(const QString& handle);

private:
    void take(const backend::Result<std::vector<std::string>>& handles);

    EngineBridge& m_bridge;
    EngineCall m_call;
    Label* m_title = nullptr;
    QHBoxLayout* m_row = nullptr;
    QStringList m_handles;
};

} // namespace ui
