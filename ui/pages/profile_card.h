// The head of the Timeline browser: who a user is, what they are worth to the cluster, and where their data
// live. Owned by its page; GUI thread only.
#pragma once

#include "ui/bridge/requests.h"
#include "ui/widgets/card.h"

namespace ui {

class ProfileCard final : public Card
{
    Q_OBJECT

public:
    ProfileCard(const Theme& theme, QWidget* parent);

    void showUser(const requests::UserOverview& user);
    void sayNotReadAgain(const QString& why);

private:
    Label* m_name = nullptr;
    Label* m_facts = nullptr;
    Label* m_place = nullptr;
};

} // namespace ui
