// The Timeline browser: one user's profile, home timeline as the user sees it, author timeline beside it, and
// for a selected post its ledger. Owned by the main window; GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "ui/bridge/requests.h"
#include "ui/widgets/state_view.h"

#include <optional>

class QPushButton;
class QSplitter;
class QStackedLayout;

namespace ui {

class Label;
class LateAuthors;
class LedgerView;
class TimelinePane;
class UserSearch;

class TimelinePage final : public Page
{
    Q_OBJECT

public:
    TimelinePage(const PageContext& context, QWidget* parent);

    // Shows a user by handle or id; a message takes the place of one that cannot be found.
    void openUser(const QString& handleOrId);

    void setSnapshot(const backend::SnapshotPtr& snapshot) override;
    void activated() override;
    void openArgument(const QString& argument) override; // a handle or id
    void showExample() override;                         // who posted last
    void refresh() override;
    bool focusFind() override;
    void saveState(QSettings& settings) const override;
    void restoreState(QSettings& settings) override;

private:
    void build();
    QLayout* buildSearchRow();
    QWidget* buildUser(QWidget* parent);
    QWidget* buildProfile(QWidget* parent);
    QWidget* buildTimelines(QWidget* parent);
    void connectAll();
    void takeUser(quint64 generation, backend::Result<requests::UserOverview> user);
    void showUser(const requests::UserOverview& user);
    void showMessage(StateView::Kind kind, const QString& title, const QString& text);
    void showInvitation();
    void postSelected(TimelinePane* pane, TimelinePane* other);
    void copy(const QString& what, const std::string& text);
    void say(const QString& text);

    UserSearch* m_search = nullptr;
    QPushButton* m_refresh = nullptr;
    QPushButton* m_copyRedis = nullptr;
    QPushButton* m_copySql = nullptr;
    QPushButton* m_copyAuthorSql = nullptr;
    Label* m_outcome = nullptr;
    QStackedLayout* m_faces = nullptr;
    StateView* m_message = nullptr;
    LateAuthors* m_late = nullptr; // below the invitation
    QWidget* m_userArea = nullptr;
    Label* m_name = nullptr;
    Label* m_facts = nullptr;
    Label* m_place = nullptr;
    QSplitter* m_splitter = nullptr;
    TimelinePane* m_home = nullptr;
    TimelinePane* m_author = nullptr;
    LedgerView* m_ledger = nullptr;
    std::optional<requests::UserOverview> m_user;
    quint64 m_generation = 0; // of the user asked for: older answers are dropped
    bool m_exampleWanted = false;
    std::optional<bool> m_connected; // empty before the first look
};

} // namespace ui
