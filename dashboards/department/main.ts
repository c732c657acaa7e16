import App from "@/department/App.vue";
import { startConsole } from "@/shared/start";

void startConsole(App, "/department");
