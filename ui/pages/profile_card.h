// The head of the Timeline browser: who a user is, what they are worth to the cluster, and where their data
// live. Owned by its page; GUI thread only.
#pragma once

#include "ui/bridge/requests.h"
#include "ui/widgets/card.h"

#include <QStringList>

#include <optional>

namespace ui {

class ProfileCard final : public Card
{
    Q_OBJECT

public:
    ProfileCard(const Theme& theme, QWidget* parent);

    void showUser(const requests::UserOverview& user);
    // Of the nodes that hold the user, those that are down now.
    void showNodes(const backend::SnapshotPtr& snapshot);
    void sayNotReadAgain(const QString& why);

private:
    void showFacts();
    void showPlace();

    std::optional<backend::Profile> m_profile;       // empty: what there was could not be read again
    std::optional<backend::UserLocation> m_location; // empty: nobody is shown
    QStringList m_down;                              // names of nodes
    bool m_behind = false;                           // tasks wait for long: counters are not what is
    Label* m_name = nullptr;
    Label* m_facts = nullptr;
    Label* m_place = nullptr;
};

} // namespace ui
