/* README.txt: for whoever has opened a transfer with nothing but age and tar. */
#include "transfer_internal.h"

static const char head[] = "%s  %.*s\n"
"%s\n\n";

static const char english[] =
"ENGLISH\n"
"The record of one patient, for the hospital that takes them.\n\n"
"Read first     summary.pdf     identity, allergies, problems, medications, vital signs, results, ECGs; how old each is, and who said it\n"
"               mar.pdf         medications: what was given when, what is due\n"
"               labs.pdf        laboratory results with their course\n"
"For systems    ips.json        the same as International Patient Summary (HL7 FHIR document, IPS 2.0); any IPS viewer reads it\n"
"               ecg/            the newest ECGs: a PDF of each, and the recording as the device wrote it\n"
"               documents/      letters and reports\n"
"               images.txt      imaging that is known here and is NOT in this file: ask the sender for it\n\n"
"Is it whole?   sha256sum -c SHA256SUMS           says that nothing was damaged on the way\n"
"Is it theirs?  holdfast transfer open FILE --identity KEY --vkey VKEY\n"
"               The sender's VKEY must reach you by another way than this file: a call to a number that you already have. Who can change a file can change what it says of itself.\n"
"It shows what the sender had received by the time that stands on each page. What came later is not in it. Medications: go by it until the time in manifest.json (validUntil), then ask.\n"
"Please tell the sender that it arrived, with the number above: they wait for that.\n\n";

static const char french[] =
"FRANÇAIS\n"
"Le dossier d'un patient, pour l'hôpital qui le reçoit.\n\n"
"À lire d'abord summary.pdf     identité, allergies, problèmes, médicaments, constantes, résultats, ECG ; l'âge de chaque donnée et qui l'a transmise\n"
"               mar.pdf         médicaments : ce qui a été administré et quand, ce qui est à donner\n"
"               labs.pdf        résultats de laboratoire et leur évolution\n"
"Pour logiciels ips.json        le même contenu en International Patient Summary (document HL7 FHIR, IPS 2.0) ; tout lecteur IPS le lit\n"
"               ecg/            les ECG les plus récents : un PDF de chacun et l'enregistrement tel que l'appareil l'a écrit\n"
"               documents/      courriers et comptes rendus\n"
"               images.txt      l'imagerie connue ici et qui n'est PAS dans ce fichier : la demander à l'expéditeur\n\n"
"Est-il entier ? sha256sum -c SHA256SUMS          dit que rien n'a été abîmé en route\n"
"Est-il d'eux ?  holdfast transfer open FICHIER --identity CLÉ --vkey VKEY\n"
"               La clé VKEY de l'expéditeur doit vous parvenir autrement que par ce fichier : appelez un numéro que vous avez déjà. Qui peut changer un fichier peut changer ce qu'il dit de lui-même.\n"
"Il montre ce que l'expéditeur avait reçu à l'heure imprimée sur chaque page ; ce qui est venu ensuite n'y est pas. Médicaments : valables jusqu'à l'heure indiquée dans manifest.json (validUntil), ensuite demandez.\n"
"Merci de dire à l'expéditeur qu'il est arrivé, avec le numéro ci-dessus : il l'attend.\n\n";

static const char chinese[] =
"中文\n"
"一位患者的病历，供接收医院使用。\n\n"
"请先阅读       summary.pdf     身份、过敏、问题、用药、生命体征、检验结果、心电图；每项数据的时间和来源\n"
"               mar.pdf         用药记录：何时已给药，何时应给药\n"
"               labs.pdf        检验结果及变化趋势\n"
"供系统读取     ips.json        同样内容的国际患者摘要（HL7 FHIR 文档，IPS 2.0），任何 IPS 阅读器均可打开\n"
"               ecg/            最近的心电图：每份一个 PDF，以及设备写出的原始记录\n"
"               documents/      信函和报告\n"
"               images.txt      本院已知但不在此文件中的影像检查：请向发送方索取\n\n"
"是否完整？     sha256sum -c SHA256SUMS           可确认传送途中没有损坏\n"
"是否出自发送方？ holdfast transfer open 文件 --identity 密钥 --vkey VKEY\n"
"               发送方的 VKEY 必须通过本文件以外的途径取得：请拨打您原已掌握的电话号码核对。能够修改文件的人，也能修改文件对自身的说明。\n"
"内容截至每页所印时间发送方已收到的数据；此后的数据不在其中。用药以 manifest.json 中的 validUntil 时间为限，逾期请再询问。\n"
"收到后请将上面的编号告知发送方：对方正在等待确认。\n";

void transfer_readme(const struct transfer_about *a, struct buf *ret)
{
	char made[32];
	buf_printf(ret, head, a->id, SLICE_FMT(a->site), time_rfc3339(a->made, 0, made));
	buf_str(ret, english);
	buf_str(ret, french);
	buf_str(ret, chinese);
}
