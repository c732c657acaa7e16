export const TEXT = {
  heading: "工作人员登录",
  username: "用户名",
  password: "密码",
  submit: "登录",
  missing: "请输入用户名和密码。",
  noPage: "您的账号还没有可用的页面,请联系系统管理员分配角色。",
  capsLock: "大写锁定已打开",
};
