// Followers, or whom one follows: a table that loads as it is scrolled, however many there are. Reads when it
// is first shown for a user; the page stops it by Esc. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/bridge/engine_call.h"
#include "ui/bridge/requests.h"

#include <functional>
#include <optional>

class QPushButton;
class QTableView;

namespace ui {

class EngineBridge;
class FollowModel;
class Label;
class StateView;
class Theme;

class FollowView final : public QWidget
{
    Q_OBJECT

public:
    enum class Kind { Followers, Following };

    FollowView(Kind kind, const Theme& theme, EngineBridge& bridge, QWidget* parent);

    void open(const backend::Profile& user);
    void close();
    void refresh();
    // Stops waiting for what is being read, if it is shown; whether there was anything.
    bool cancel();

signals:
    void userActivated(qint64 user); // click or Enter

protected:
    void showEvent(QShowEvent* event) override;

private:
    void build(const Theme& theme);
    void load(backend::UserId after);
    void askPage(backend::UserId after, std::function<void(const backend::Result<backend::EdgePage>&)> done);
    void readAgain(backend::UserId after);
    void start();
    void updateState();
    QString footText() const;
    std::int64_t total() const;

    Kind m_kind;
    EngineBridge& m_bridge;
    std::optional<backend::Profile> m_user;
    bool m_started = false;
    bool m_stale = false;      // to be read again when it is shown
    bool m_refreshing = false; // what is here is read again
    bool m_cancelled = false;  // what was read last
    QString m_error;
    backend::UserId m_asked; // the page that is waited for begins after it
    EngineCall m_call;       // the page that is waited for
    FollowModel* m_model = nullptr;
    QTableView* m_table = nullptr;
    StateView* m_face = nullptr; // in place of the table while there is none
    Label* m_foot = nullptr;
    QPushButton* m_retry = nullptr;
};

} // namespace ui
