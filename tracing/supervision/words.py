"""French words of supervision: lists, kinds of calls, events and reasons of the journal."""

from flask_babel import lazy_gettext as _l

from tracing.consequences.rules import ReopenReason
from tracing.queue.models import TaskKind
from tracing.queue.words import TASK_STATE_WORDS
from tracing.staff.words import WHY_WORDS
from tracing.supervision.rules import WorkList

__all__ = ["TASK_STATE_WORDS", "WHY_WORDS"]

TASK_WORDS = {
    TaskKind.CASE_FIRST: _l("Patient zéro"),
    TaskKind.CONTACT_FIRST: _l("Personne contact"),
}

REOPEN_WORDS = {
    ReopenReason.RANG: _l("La personne a rappelé"),
    ReopenReason.CHANGED_MIND: _l("On l’a demandé pour elle"),
    ReopenReason.MISTAKE: _l("L’issue a été notée par erreur"),
    ReopenReason.INCOMPLETE: _l("Le dossier est incomplet ou faux"),
}

LIST_WORDS = {
    WorkList.UNREACHABLE: _l("Injoignables"),
    WorkList.NO_NUMBER: _l("Sans numéro"),
    WorkList.IDENTITY: _l("Identité"),
    WorkList.LANGUAGE: _l("Autre langue"),
    WorkList.INTERPRETER: _l("Interprète"),
    WorkList.DOCTOR: _l("Avis médical attendu"),
    WorkList.TO_HAND_ON: _l("À transmettre"),
    WorkList.DECEASED: _l("Décès"),
    WorkList.NO_CALLS: _l("Ne plus appeler"),
    WorkList.CALLERS: _l("Ont appelé"),
    WorkList.WITHDRAWN: _l("Résultats retirés"),
}

LIST_LEADS = {
    WorkList.UNREACHABLE: _l(
        "Aucune des tentatives prévues n’a joint personne. Chaque ligne attend votre décision."
    ),
    WorkList.NO_NUMBER: _l("Aucun numéro ne peut être composé. Trouvez-en un, ou renoncez."),
    WorkList.IDENTITY: _l(
        "Qui a répondu n’était pas la personne du dossier, ou pas sûrement. Comparez, corrigez, ou remettez dans la file."
    ),
    WorkList.LANGUAGE: _l(
        "La personne et l’enquêteur ne se comprenaient pas. Confiez l’appel à qui parle sa langue."
    ),
    WorkList.INTERPRETER: _l(
        "Personne ici ne parle la langue. Prévenez un interprète, puis confiez l’appel à qui le mènera avec lui."
    ),
    WorkList.TO_HAND_ON: _l(
        "La personne est à l’hôpital ou vit ailleurs. Prévenez le service qui la suit désormais, puis classez l’appel."
    ),
    WorkList.DECEASED: _l(
        "Un décès nous a été signalé, lors d’un appel ou par le laboratoire. Rien n’est envoyé et personne n’appelle ; à vous de conclure."
    ),
    WorkList.NO_CALLS: _l(
        "La personne a demandé à ne plus jamais être appelée. Plus rien ne lui est envoyé, pas même une lettre."
    ),
    WorkList.DOCTOR: _l("Un médecin-conseil doit se prononcer avant que l’appel reparte."),
    WorkList.CALLERS: _l("Ces personnes nous ont appelés, et personne n’a pu les prendre aussitôt."),
    WorkList.WITHDRAWN: _l(
        "Le laboratoire a retiré le résultat. Rien n’est effacé ; à vous de dire ce qu’il en est."
    ),
}

LIST_EMPTY = {
    WorkList.UNREACHABLE: (
        _l("Personne n’est injoignable"),
        _l("Quand toutes les tentatives prévues sont vaines, l’appel arrive ici."),
    ),
    WorkList.NO_NUMBER: (
        _l("Tout le monde a un numéro"),
        _l(
            "Les personnes reçues sans numéro utilisable, ou dont chaque numéro a été dit mauvais, arrivent ici."
        ),
    ),
    WorkList.IDENTITY: (
        _l("Aucune identité n’est à comparer"),
        _l("Un appel terminé par « identité non confirmée » arrive ici."),
    ),
    WorkList.LANGUAGE: (
        _l("Aucun appel n’attend une autre langue"),
        _l("Un appel terminé par « langue » arrive ici."),
    ),
    WorkList.INTERPRETER: (
        _l("Aucun appel n’attend d’interprète"),
        _l("Un appel terminé par « interprète » arrive ici."),
    ),
    WorkList.TO_HAND_ON: (
        _l("Rien n’est à transmettre"),
        _l("Un appel terminé par « hospitalisé » ou « vit ailleurs » arrive ici."),
    ),
    WorkList.DECEASED: (
        _l("Aucun décès n’est signalé"),
        _l("Un appel terminé par « décès » arrive ici, et un résultat dont le laboratoire signale le décès."),
    ),
    WorkList.NO_CALLS: (
        _l("Personne n’a demandé à ne plus être appelé"),
        _l("Un appel terminé par « ne plus appeler » arrive ici."),
    ),
    WorkList.DOCTOR: (
        _l("Aucun appel n’attend d’avis médical"),
        _l("Un appel terminé par « médecin » arrive ici jusqu’à la réponse."),
    ),
    WorkList.CALLERS: (
        _l("Aucune demande n’attend"),
        _l("Quand quelqu’un appelle et n’est pas retrouvé, sa demande arrive ici."),
    ),
    WorkList.WITHDRAWN: (
        _l("Aucun résultat n’a été retiré"),
        _l("Un résultat annulé ou corrigé par le laboratoire arrive ici."),
    ),
}

GIVE_UP_WORDS = {
    WorkList.UNREACHABLE: _l("Clore : plus d’appel"),
    WorkList.NO_NUMBER: _l("Clore : plus d’appel"),
    WorkList.IDENTITY: _l("Clore : plus d’appel"),
    WorkList.INTERPRETER: _l("Clore : plus d’appel"),
    WorkList.TO_HAND_ON: _l("Transmis : clore"),
    WorkList.DECEASED: _l("Clore : décès"),
    WorkList.NO_CALLS: _l("Clore : refus"),
}
"""The label of the button that ends a call, on the lists that have one."""

EVENT_WORDS = {
    "consequence.contact_leaves": _l("Contact hors de la période de contagion"),
    "consequence.contact_returns": _l("Contact de nouveau dans la période"),
    "consequence.call_opens": _l("Appel ouvert : une réponse a changé"),
    "consequence.call_stops": _l("Appel arrêté : une réponse a changé"),
    "consequence.ring_again": _l("Rappel : la personne avait entendu autre chose"),
    "consequence.ring_no_more": _l("Rappel levé : ce qui a été dit vaut de nouveau"),
    "consequence.note_to_mend": _l("Arrêt à reprendre"),
    "consequence.note_stands": _l("Arrêt de nouveau conforme"),
    "consequence.call_never": _l("Appel arrêté pour de bon"),
    "consequence.call_after_all": _l("Appel rouvert"),
    "consequence.messages_stop": _l("Messages arrêtés"),
    "consequence.messages_go_on": _l("Messages de nouveau permis"),
    "note.to_mend": _l("Arrêt à reprendre"),
    "note.stands": _l("Arrêt de nouveau conforme"),
    "call.claimed": _l("Appel pris"),
    "call.ended": _l("Appel terminé"),
    "call.claim_ended": _l("Appel revenu dans la file, sans geste"),
    "call.taken_back": _l("Appel repris par un superviseur"),
    "call.outcome_taken_back": _l("Issue d’un appel annulée"),
    "escalation.withdrawn": _l("Avis demandé par erreur, retiré"),
    "task.kept_open": _l("Appel gardé ouvert, à compléter"),
    "task.taken_up_again": _l("Appel clos rouvert"),
    "call.given": _l("Appel confié"),
    "call.gift_over": _l("Appel confié, non pris à temps"),
    "call.given_back": _l("Appel rendu à la file"),
    "call.advised": _l("Appel passé pour un avis"),
    "call.moved": _l("Appel repris dans un autre navigateur"),
    "call.overdue": _l("Échéance dépassée"),
    "promise.missed": _l("Rappel promis manqué"),
    "callback.promised": _l("Rappel promis"),
    "identity.confirmed": _l("Identité confirmée"),
    "identity.not_confirmed": _l("Identité non confirmée"),
    "draft.kept": _l("Brouillon gardé"),
    "task.opened": _l("Appel demandé"),
    "task.closed": _l("Appel clos"),
    "task.reopened": _l("Appel remis dans la file"),
    "task.covered": _l("Appel couvert par un autre"),
    "task.uncovered": _l("Appel demandé de nouveau"),
    "pair.same": _l("Fiches réunies : même personne"),
    "pair.different": _l("Fiches gardées séparées"),
    "pair.postponed": _l("Comparaison remise à plus tard"),
    "pair.taken_back": _l("Décision sur un doublon reprise"),
    "household.joined": _l("Foyers réunis"),
    "household.split": _l("Foyer séparé"),
    "person.corrected": _l("Identité corrigée d’après le laboratoire"),
    "person.number_added": _l("Numéro ajouté"),
    "person.identity_corrected": _l("Identité corrigée après un appel"),
    "fact.taken_back": _l("Ce qui avait été dit est levé"),
    "case.opened": _l("Dossier ouvert"),
    "case.dated": _l("Dates calculées"),
    "case.closed": _l("Dossier clos"),
    "case.reopened": _l("Dossier rouvert"),
    "case.contrary_result_noted": _l("PCR négative vue par le médecin"),
    "case.kept": _l("Dossier gardé malgré le retrait"),
    "case.result_withdrawn": _l("Résultat retiré"),
    "case.result_reinstated": _l("Résultat retiré, puis confirmé"),
    "case.reinstatement_undone": _l("Confirmation d’un résultat retiré annulée"),
    "contact.named": _l("Contact nommé"),
    "contact.edited": _l("Contact corrigé"),
    "contact.removed": _l("Contact retiré"),
    "contact.disclosure": _l("Droit de dire le nom changé"),
    "contact.restored": _l("Contact remis"),
    "contact.dated": _l("Quarantaine calculée"),
    "contact.informed": _l("Contact averti"),
    "contact.refused": _l("Contact clos, refus"),
    "contact.unreachable": _l("Contact clos, injoignable"),
    "contact.reopened": _l("Contact rouvert"),
    "contact.became_case": _l("Contact devenu un cas"),
    "contact.turned_back": _l("Contact redevenu contact"),
    "lot.received": _l("Lot reçu"),
    "lot.loaded": _l("Lot chargé"),
    "lot.refused": _l("Lot refusé"),
    "lot.corrections_sent": _l("Lignes à corriger téléchargées"),
    "line.corrected": _l("Ligne corrigée"),
    "line.compared": _l("Ligne comparée à la personne de même identifiant"),
    "line.set_aside": _l("Ligne classée sans suite"),
    "line.taken_up": _l("Ligne remise à corriger"),
    "lot.planned": _l("Plan d’un lot établi"),
    "lot.to_map": _l("Lot aux colonnes inconnues"),
    "lot.committed": _l("Lot validé"),
    "lot.discarded": _l("Lot écarté"),
    "lot.taken_up": _l("Lot repris après avoir été écarté"),
    "lot.tried_again": _l("Lot ouvert avec une autre clé"),
    "lot.stop_asked": _l("Arrêt d’un chargement demandé"),
    "lot.stopped": _l("Chargement arrêté"),
    "lot.resumed": _l("Chargement repris"),
    "lot.undo_asked": _l("Annulation d’un lot demandée"),
    "lot.not_undone": _l("Annulation d’un lot abandonnée"),
    "lot.undone": _l("Lot annulé"),
    "inbox.failed": _l("Dossier surveillé en défaut"),
    "inbox.recovered": _l("Dossier surveillé rétabli"),
    "case.withdrawal_undone": _l("Retrait d’un résultat annulé"),
    "scope.refused": _l("Accès refusé hors de son site"),
    "national.proposed": _l("Accès aux lots de tous les sites proposé"),
    "national.confirmed": _l("Accès aux lots de tous les sites donné"),
    "national.not_confirmed": _l("Proposition d’accès aux lots de tous les sites retirée"),
    "national.ended": _l("Accès aux lots de tous les sites retiré"),
    "source.added": _l("Expéditeur ajouté"),
    "source.changed": _l("Expéditeur modifié"),
    "source.mapped": _l("Titres d’un expéditeur acceptés"),
    "token.made": _l("Jeton d’envoi créé"),
    "token.revoked": _l("Jeton d’envoi révoqué"),
    "key.proposed": _l("Clé proposée"),
    "key.confirmed": _l("Clé confirmée"),
    "key.not_confirmed": _l("Clé non confirmée, saisie différente"),
    "key.put_aside": _l("Clé écartée"),
    "key.retired": _l("Clé retirée"),
    "vault.cohort_destroyed": _l("Identités d’un jour détruites"),
    "session.begun": _l("Connexion"),
    "session.ended": _l("Déconnexion"),
    "session.locked": _l("Page verrouillée"),
    "site.opened": _l("Site ouvert"),
    "site.hours_set": _l("Heures d’appel changées"),
    "queue.weights_published": _l("Ordre des appels publié"),
    "priority.given": _l("Priorité donnée à un lot ou à un lieu"),
    "priority.taken_back": _l("Priorité reprise"),
    "priority.ended": _l("Priorité finie"),
    "call.put_first": _l("Appel passé devant, par priorité"),
    "call.put_back": _l("Appel revenu à son rang"),
    "member.certified": _l("Recrue certifiée"),
    "member.committed_to_secrecy": _l("Engagement au secret signé"),
    "member.reopened": _l("Compte rouvert"),
    "invitation.issued": _l("Invitation donnée"),
    "invitation.issued_again": _l("Invitation donnée de nouveau"),
    "invitation.withdrawn": _l("Invitation retirée"),
    "invitation.accepted": _l("Invitation acceptée"),
    "note.issued": _l("Arrêt délivré"),
    "note.number_missing": _l("Arrêt demandé sans numéro de sécurité sociale"),
    "note.number_decided": _l("Arrêt sans numéro : avis du médecin"),
    "note.printed": _l("Arrêt imprimé"),
    "note.cancelled": _l("Arrêt annulé"),
    "note.left": _l("Arrêt laissé tel quel"),
    "note.prolonged": _l("Arrêt prolongé"),
    "note.replaced": _l("Arrêt remplacé"),
    "note.countersigned": _l("Annulation d’un arrêt contresignée"),
    "note.restored": _l("Arrêt rétabli"),
    "escalation.raised": _l("Avis demandé"),
    "escalation.asked_again": _l("Avis redemandé"),
    "escalation.taken": _l("Avis pris en charge"),
    "escalation.taken_next": _l("Avis retenu pour après un appel"),
    "escalation.put_back": _l("Avis remis à tous"),
    "escalation.settled": _l("Avis rendu"),
    "escalation.answer_read": _l("Avis lu"),
    "member.added": _l("Compte ouvert"),
    "member.closed": _l("Compte fermé"),
    "member.delays_lifted": _l("Attente avant connexion levée"),
    "member.password_set": _l("Mot de passe changé"),
    "member.role_granted": _l("Rôle donné"),
    "member.role_withdrawn": _l("Rôle retiré"),
    "handover.written": _l("Note laissée pour qui rappellera"),
    "handover.removed": _l("Note pour qui rappellera retirée"),
    "file.searched": _l("Dossier cherché"),
    "file.opened": _l("Dossier consulté"),
    "file.search_refused": _l("Recherche de dossier refusée, trop nombreuses"),
    "caller.found": _l("Appelant retrouvé"),
    "caller.not_found": _l("Appelant non retrouvé"),
    "request.kept": _l("Demande d’un appelant gardée"),
    "request.closed": _l("Demande d’un appelant traitée"),
    "message.queued": _l("Message mis en attente d’envoi"),
    "message.written": _l("Courrier écrit"),
    "message.stopped": _l("Envois arrêtés"),
    "message.allowed": _l("Envois permis de nouveau"),
    "promise.broken": _l("Rappel promis non tenu"),
    "owner.gone": _l("Appel repris à quelqu’un qui n’est plus là"),
    "member.lent": _l("Enquêteur prêté à un autre site"),
    "member.returned": _l("Enquêteur revenu d’un autre site"),
    "member.paused": _l("Pause commencée"),
    "member.resumed": _l("Pause finie"),
    "member.absence_noted": _l("Absence notée"),
    "member.absence_removed": _l("Absence retirée"),
    "member.hours_set": _l("Horaires changés"),
    "member.languages_set": _l("Langues changées"),
    "task.language": _l("Appel demandé dans une autre langue"),
    "task.interpreter": _l("Interprète demandé"),
}
"""What happened, keyed by the kind of the event."""

SUBJECT_WORDS = {
    "case": _l("dossier"),
    "task": _l("appel à passer"),
    "entry": _l("foyer en file"),
    "household": _l("foyer"),
    "person": _l("personne"),
    "line": _l("ligne"),
    "contact": _l("contact"),
    "call": _l("appel"),
    "message": _l("message"),
    "request": _l("demande"),
    "conversation": _l("conversation"),
    "member": _l("compte"),
    "session": _l("session"),
    "site": _l("site"),
    "lot": _l("lot"),
    "source": _l("expéditeur"),
    "loan": _l("prêt"),
    "absence": _l("absence"),
    "pair": _l("doublon possible"),
    "contrary_result": _l("PCR négative"),
    "inbox": _l("dossier surveillé"),
    "key": _l("clé d’expéditeur"),
    "note": _l("arrêt"),
    "invitation": _l("invitation"),
    "escalation": _l("avis"),
    "claim": _l("prise"),
    "priority": _l("priorité"),
    "file": _l("consultation"),
}
"""The word for the subject of an event, shown before its id."""
