// The words of the pages of cases, in French.
import type en from "./en-scope";

const words: Record<keyof typeof en, string> = {
  cases: "Dossiers", registry: "Registre", scCases: "Dossiers de violation", scCase: "Dossier", scPersons: "Personnes", scWindow: "Intrusion", scDiscovered: "Découverte", scNone: "Aucun dossier n’a été ouvert ici.", scNothingYet: "rien n’est encore connu", scBetween: "de {l} à {h}",
  scAtLeast: "au moins {l} ; pas encore de maximum", scLikely: "sans doute {p}", scStillReading: "lecture en cours", scNotSaid: "NON INDIQUÉE", scNotSaidLong: "NON INDIQUÉE : aucun délai ne peut être calculé", scTouched: "objets touchés", scOnlySeen: "dont {n} seulement ouverts ou listés",
  scTaken: "à lire", scTakenOf: "{a} exfiltrés, {b} consultés", scRead: "fichiers lus", scInPart: "{n} en partie", scSame: "{n} identiques à un autre", scFound: "données trouvées", scNobodys: "{n} dont on ignore à qui elles sont", scKnownStrangers: "{k} connues, {s} sur aucune liste",
  scNotRead: "NON LUS : {n} fichiers consultés ou exfiltrés. Lesquels et pourquoi : objects.ndjson du dossier.", scPairs: "{n} paires d’enregistrements sont peut-être une seule personne : grey.csv du dossier les nomme ; holdfast scope case pair tranche.", scInterval: "Combien, au fil du temps",
  scWhen: "Quand", scLow: "Au moins", scHigh: "Au plus", scNoEnd: "inconnu", scElements: "Quelles données", scElement: "Donnée", scAcquired: "Exfiltrée", scAccessed: "Consultée seulement", scPlaces: "Où elles vivent", scPlace: "Lieu", scNowhere: "inconnu", scNoState: "États-Unis, État inconnu",
  scCare: "{m} mineurs, {d} décédés, {p} avec un dossier protégé", scAssess: "Évaluer", scWhy: "Pourquoi", scLowRisk: "faible", scNotLow: "pas faible", scNotAssessed: "NON ÉVALUÉ", scQuestions: "Questions", scDecisions: "Décisions", scNoneYet: "Aucune pour l’instant.", scQuestion: "Question",
  scDecision: "Ce qui est décidé", scAnswer: "Réponse, s’il y en a une", scRecord: "Enregistrer", scNewer: "Quelque chose a été apporté après la dernière analyse : ce qui est affiché est plus ancien.", scNotRun: "Rien n’a encore été lu.", scFactors: "Les quatre facteurs",
  scPresumedOpen: "La violation est présumée : les quatre facteurs ne sont pas tous évalués.", scPresumed: "La violation est présumée : tous les facteurs ne sont pas faibles.", scRebutted: "Les quatre facteurs sont évalués comme faibles : la présomption peut être renversée.",
  scInputs: "De quoi il est fait", scWhat: "Quoi", scFile: "Fichier", scBy: "Apporté par", scHashAlone: "empreinte seule", si_evidence: "preuve", si_content: "contenu", si_persons: "personnes connues", "sf_nature-and-extent": "Quelles données, et leur portée",
  "sf_unauthorized-person": "Qui les a eues", "sf_acquired-or-viewed": "Exfiltrées ou vues", sf_mitigated: "Ce qui a été fait", el_name: "nom", el_ssn: "numéro de sécurité sociale", el_tin: "numéro fiscal", el_dob: "date de naissance", el_address: "adresse", el_phone: "téléphone",
  el_email: "courriel", el_dl: "permis de conduire", el_account: "compte bancaire", el_card: "carte de paiement", el_mrn: "numéro de dossier", el_diagnosis: "diagnostic", el_lab: "résultat de laboratoire", el_medication: "médicament", el_treatment: "traitement", el_provider: "soignant",
  el_claim: "facturation", el_ins: "numéro d’assurance maladie", el_mbi: "numéro Medicare", el_medicaid: "numéro Medicaid", el_ssn4: "quatre derniers chiffres de sécurité sociale", el_service_date: "date de soins", el_sex: "sexe ou origine", el_biometric: "biométrie", el_photo: "photo",
  el_recording: "enregistrement ou image", el_credentials: "identifiants", el_genetic: "génétique", el_behavioral: "santé mentale, addictions", el_passport: "passeport",
};
export default words;
