/** Words that several consoles share. */

import type { Role, StateName } from "@/shared/api.types";

export const TITLE = "12345 政务服务便民热线";

export const PAGES: Record<string, string> = {
  "/agent": "话务",
  "/desk": "业务",
  "/department": "承办单位",
  "/supervisor": "监管",
  "/admin": "系统管理",
};

export const ROLES: Record<Role, string> = {
  agent: "话务员",
  team_leader: "班长",
  quality_inspector: "质检员",
  dispatcher: "派单员",
  reviewer: "审核员",
  follow_up_clerk: "回访员",
  kb_editor: "知识编辑",
  kb_approver: "知识审核",
  unit_contact: "单位联络员",
  unit_leader: "单位负责人",
  supervisor: "热线办",
  inspection_office: "督查室",
  county_leader: "县领导",
  sys_admin: "系统管理员",
  sec_admin: "安全管理员",
  auditor: "审计员",
};

export const STATES: Record<StateName, string> = {
  offline: "未签入",
  not_ready: "示忙",
  ready: "就绪",
  ringing: "振铃",
  talking: "通话中",
  wrap_up: "话后处理",
  outbound: "外呼中",
};

export const NOT_READY: Record<string, string> = {
  busy: "忙碌",
  break: "小休",
  rest: "小休",
  meal: "用餐",
  training: "培训",
  meeting: "会议",
  no_answer: "连续未接",
  warned: "刚才未接,即将就绪",
  device_failed: "话机故障",
  device_lost: "话机掉线",
  not_proved: "耳机未检测",
  microphone_silent: "麦克风无声",
  no_media: "收不到声音",
  no_registration: "话机未连接",
  signed_in: "刚签入",
  micro_break: "系统安排的小休",
};

export const COMMON = {
  signOut: "退出",
  businessTime: "业务时间",
  testClock: "测试时钟",
  liveLost: "实时连接中断,正在重连……数据可能不是最新。",
  refresh: "刷新",
  more: "更多",
  empty: "没有待办",
  retry: "重试",
  saved: "已提交",
};

export const SOFTPHONE = {
  name: "软电话",
  phase: {
    idle: "未检测",
    microphone: "正在打开麦克风",
    connecting: "正在连接话机服务",
    registered: "已连接",
    lost: "连接中断,正在重连",
    in_use: "在另一页面使用",
    taken_over: "已被另一页面接管",
    failed: "不可用",
  },
  lostBanner: "软电话连接中断,正在自动重连。重连前接不到新来电;正在进行的通话不会因此挂断。",
  takeOverTitle: "软电话正在使用中",
  takeOverQuestion: "另一个页面正在使用软电话。要在此接管吗?接管后,那个页面将停止接听。",
  takeOver: "在此接管",
  notNow: "不接管",
  takenOver: "软电话已被另一个页面接管,本页不再接听来电。",
  talkElsewhere: "您的通话正在另一个页面或话机上进行。",
  talkHere: "转到本页",
  check: "开始耳机检测",
  checkAgain: "重新检测",
  checking: "检测中……",
  checkTitle: "耳机检测",
  checkSteps: [
    "戴好耳机,点击「开始耳机检测」。浏览器询问麦克风时,请选「允许」。",
    "您会听到提示音。提示音后请正常说一句话,随后应听到自己的声音。",
    "检测通过后才能置为就绪。",
  ],
  hearPrompt: "正在播放提示,请听……",
  speakNow: "听到“嘀”声后请说话,您应能听到自己的声音",
  waitResult: "正在等待检测结果……",
  proved: "检测通过,耳机和麦克风正常",
  level: "麦克风音量",
  hold: "保持",
  retrieve: "恢复",
  hangUp: "挂断",
  answer: "接听",
  queueCallback: "排队回呼:接听后自动呼叫市民",
  microphone: {
    denied: "浏览器没有麦克风权限。请点击地址栏左侧的图标,把「麦克风」改为「允许」,然后重新检测。",
    absent: "没有找到麦克风。请插好耳机(或换一个 USB 口),然后重新检测。",
    busy: "麦克风被其他程序占用。请关闭会议、录音等软件,然后重新检测。",
    insecure: "浏览器只允许在 HTTPS 地址或本机地址使用麦克风。请改用 https:// 开头的地址打开本页。",
    lost: "耳机已断开。请重新插好,然后重新检测。",
    unknown: "打不开麦克风。请重新插拔耳机后再试;仍不行请联系班长。",
  },
  problem: {
    no_registration: "软电话还没有连接上。请重新检测;仍不行请检查网络并联系班长。",
    not_proved: "检测没有完成。请重新检测,听到“嘀”声后说一句话。",
    microphone_silent: "话机服务收到了声音信号,但是静音。请检查耳机上的静音开关和系统麦克风音量,然后重新检测。",
    no_media: "话机服务没有收到声音数据,可能被防火墙拦截。请联系班长或系统管理员,检查到话机服务的 UDP 端口。",
  },
  unreachable: "连不上话机服务,现在不能接听电话。请检查网线或网络后重新检测;仍不行请联系班长或系统管理员。",
  registrationFailed: "话机服务拒绝了登记。请重新登录;仍不行请联系系统管理员。",
  checkCallFailed: "检测呼叫没有接通。请稍候重新检测;仍不行请联系班长。",
};
