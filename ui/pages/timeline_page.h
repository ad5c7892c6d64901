// The Timeline browser: one user's profile, their timelines at any time with the delivery and the trail of a
// post, Redis compared with PostgreSQL, and whom they follow and who follows them. Owned by the main window;
// GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "ui/bridge/engine_call.h"
#include "ui/bridge/requests.h"
#include "ui/widgets/state_view.h"

#include <functional>
#include <optional>

class QPushButton;
class QStackedLayout;
class QTabWidget;

namespace ui {

class CompareView;
class FollowView;
class Label;
class LateAuthors;
class ProfileCard;
class TimeJump;
class TimelinesView;
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
    // A handle or id, and what of the user: "@ada", "@ada/post/123", "@ada/explain/123",
    // "@ada/at/1790000000" (Unix seconds), "@ada/compare", "@ada/followers", "@ada/following".
    void openArgument(const QString& argument) override;
    QString linkArgument() const override;
    void showExample() override; // who posted last
    void timesChanged() override;
    void refresh() override;
    bool focusFind() override;
    void saveState(QSettings& settings) const override;
    void restoreState(QSettings& settings) override;

protected:
    void keyPressEvent(QKeyEvent* event) override; // Esc cancels

private:
    void build();
    QLayout* buildSearchRow();
    QWidget* buildUser(QWidget* parent);
    QWidget* buildTabs(QWidget* parent);
    void connectAll();
    void connectTabs();
    void takeUser(backend::Result<requests::UserOverview> user);
    void giveUpOpening();
    bool cancelOpening();
    void showUser(const requests::UserOverview& user);
    void openTabs();
    void showPart(const QString& part);
    void showMessage(StateView::Kind kind, const QString& title, const QString& text);
    void showInvitation();
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
    ProfileCard* m_profile = nullptr;
    QTabWidget* m_tabs = nullptr;
    TimeJump* m_jump = nullptr;
    TimelinesView* m_timelines = nullptr;
    CompareView* m_compare = nullptr;
    FollowView* m_followers = nullptr;
    FollowView* m_following = nullptr;
    std::optional<requests::UserOverview> m_user;
    QString m_readerBefore; // whose home timeline led to this user; may be empty
    QString m_wantedPart;   // of the user who is being opened
    EngineCall m_call;      // the user who is asked for
    bool m_opening = false; // another one, or the first
    bool m_exampleWanted = false;
    std::optional<bool> m_connected; // empty before the first look
    bool m_nobody = false;           // there is no user who could be found
    bool m_inviting = false;         // to find one
};

} // namespace ui
