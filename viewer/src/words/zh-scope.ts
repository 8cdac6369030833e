// The words of the pages of cases, in Chinese.
import type en from "./en-scope";

const words: Record<keyof typeof en, string> = {
  cases: "案件", registry: "登记库", scCases: "泄露案件", scCase: "案件", scPersons: "人数", scWindow: "入侵时间", scDiscovered: "发现时间", scNone: "此处尚未立案。", scNothingYet: "尚无结果", scBetween: "{l} 至 {h}", scAtLeast: "至少 {l}；尚无上限", scLikely: "可能为 {p}", scStillReading: "仍在读取", scNotSaid: "未填写", scNotSaidLong: "未填写：无法计算任何期限",
  scTouched: "个对象被触及", scOnlySeen: "其中 {n} 个仅被打开或列出", scTaken: "个需要读取", scTakenOf: "{a} 个被取走，{b} 个被查看", scRead: "个文件已读取", scInPart: "{n} 个仅部分读取", scSame: "{n} 个与其他文件相同", scFound: "项数据被找到", scNobodys: "{n} 项无法归属", scKnownStrangers: "{k} 人在名单上，{s} 人不在任何名单上",
  scNotRead: "未读取：{n} 个被查看或取走的文件。是哪些及原因见案件的 objects.ndjson。", scPairs: "{n} 对记录可能各为同一人：见案件的 grey.csv；用 holdfast scope case pair 裁定。", scInterval: "人数随时间的估计", scWhen: "时间", scLow: "至少", scHigh: "至多", scNoEnd: "未知", scElements: "涉及的数据", scElement: "数据", scAcquired: "被取走", scAccessed: "仅被查看",
  scPlaces: "居住地", scPlace: "地点", scNowhere: "未知", scNoState: "美国，州未知", scCare: "{m} 名未成年人，{d} 名已故，{p} 人有受保护的记录", scAssess: "评估", scWhy: "理由", scLowRisk: "低", scNotLow: "不低", scNotAssessed: "未评估", scQuestions: "问题", scDecisions: "决定", scNoneYet: "暂无。", scQuestion: "问题", scDecision: "决定内容",
  scAnswer: "答案（如有）", scRecord: "记录", scNewer: "最近一次分析之后又有新材料：所示结果较旧。", scNotRun: "尚未读取任何内容。", scFactors: "四项因素", scPresumedOpen: "推定为泄露：四项因素尚未全部评估。", scPresumed: "推定为泄露：并非所有因素均为低。", scRebutted: "四项因素均评估为低：推定可被推翻。", scInputs: "依据材料", scWhat: "类别", scFile: "文件", scBy: "提供者", scHashAlone: "仅存哈希",
  si_evidence: "证据", si_content: "内容", si_persons: "已知人员", "sf_nature-and-extent": "数据的性质和范围", "sf_unauthorized-person": "何人取得", "sf_acquired-or-viewed": "是否被取走或查看", sf_mitigated: "采取的补救措施", el_name: "姓名", el_ssn: "社会安全号码", el_tin: "纳税人号码", el_dob: "出生日期", el_address: "地址", el_phone: "电话",
  el_email: "电子邮件", el_dl: "驾驶证", el_account: "银行账户", el_card: "支付卡", el_mrn: "病历号", el_diagnosis: "诊断", el_lab: "检验结果", el_medication: "药物", el_treatment: "治疗", el_provider: "医护人员", el_claim: "账单或理赔", el_ins: "医疗保险号", el_mbi: "Medicare 号码", el_medicaid: "Medicaid 号码", el_ssn4: "社会安全号码后四位",
  el_service_date: "就诊日期", el_sex: "性别或种族", el_biometric: "生物特征", el_photo: "照片", el_recording: "记录或影像", el_credentials: "账号密码", el_genetic: "基因", el_behavioral: "精神健康、物质使用", el_passport: "护照",
};
export default words;
